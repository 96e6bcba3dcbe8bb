use crate::Layout;
use crate::engine::row::{self, Entry, Passes, RowFormula, Terms};
use crate::engine::{Args, check};
use crate::lane::{Isa, Lane};
use crate::loss::verbs::{both_grads, verbs};
use crate::math::{Float, nan_of, weigh};
use crate::{Call, LossError, Outcome};

/// Hinge loss of one class against the best of the others.
///
/// # Meaning
/// A maximum-margin loss of many classes: the score of the target class is to be larger by 1 than that of any other.
/// The prediction is a row of scores, no activation precedes it; the target is a row that is 1 for the class and 0
/// elsewhere. Labels -1 are not converted.
///
/// # Formula
/// `ℓ = max(0, neg - pos + 1)` with `pos = Σ_j t_j x_j` and `neg = max_j (1 - t_j) x_j`. As in Keras the target class
/// takes part in that maximum, with 0: where all other scores are negative, `neg` is 0. With
/// [`without_target_slot`](Self::without_target_slot) it is the textbook's `neg`, over the classes whose `t_j` is not 1;
/// a row that has no such class, or only those of score -inf, has the loss 0 where `pos` is a
/// number. The default mean divides by the number of rows.
///
/// # Gradient
/// Where the loss is positive, `(1 - t_j)/k [j is a maximum] - t_j`, with `k` classes that share the maximum; where it
/// is 0, 0. At `neg - pos + 1 = 0` it is [`tie`](Self::tie) (0 unless set) times the first. For the target
/// `-x_j/k [j is a maximum] - x_j` likewise.
///
/// # Shapes
/// `x`, `t` and both gradients are rows as the [`Layout`] has it; unreduced losses, weights, mask and upstream are one
/// for each row.
///
/// # Edge cases
/// A score of -inf is a class that cannot be, also where its target is 0. A NaN in a row gives NaN, and so does +inf
/// both in `neg` and in `pos`.
///
/// # Accuracy
/// The loss 2 ULP for a target of one class, and then it is 0 exactly where it should be; else 8 ULP of the largest of
/// `neg`, `Σ |t_j x_j|` and 1. The gradient 2 ULP of the larger of its two terms.
///
/// # Errors
/// [`NoClasses`](LossError::NoClasses), [`Stride`](LossError::Stride), [`Overflow`](LossError::Overflow),
/// [`Rows`](LossError::Rows), [`Length`](LossError::Length), [`Unsupported`](LossError::Unsupported) for a row stride
/// beside an axis, or an axis of more than 2^24 classes, [`Option`](LossError::Option) for a tie outside `[0, 1]`, and
/// what the [`Call`] can do wrong.
///
/// # Source
/// `keras.losses.CategoricalHinge`, `keras.losses.categorical_hinge`: equal with [`keras`](Self::keras) or
/// [`tf23`](Self::tf23), whose tie is 1 as on their TensorFlow backend; it is 1/2 on those of PyTorch and JAX.
///
/// ```
/// use lossfn::{CategoricalHinge, Loss};
///
/// let (scores, target) = ([-5.0_f32, -2.0, -4.0], [0.0, 1.0, 0.0]);
/// let mut dx = [7.0; 3];
/// let loss = CategoricalHinge::new(3).value_and_grad(&scores, &target, &mut dx)?.value;
/// assert_eq!((loss, dx), (3.0, [0.0, -1.0, 0.0]));
/// assert_eq!(CategoricalHinge::new(3).without_target_slot().value(&scores, &target)?.value, 0.0);
/// # Ok::<(), lossfn::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoricalHinge {
    layout: Layout,
    slots: Slots,
    tie: f64,
}

impl CategoricalHinge {
    /// Keras's maximum, and the gradient 0 at a loss of 0.
    #[must_use]
    pub fn new(layout: impl Into<Layout>) -> Self {
        Self { layout: layout.into(), slots: Slots { with_target: true }, tie: 0.0 }
    }

    /// The maximum leaves out the classes whose target is 1.
    #[must_use]
    pub const fn without_target_slot(mut self) -> Self {
        self.slots.with_target = false;
        self
    }

    /// The share of the gradient where `neg - pos + 1` is exactly 0.
    #[must_use]
    pub const fn tie(mut self, share: f64) -> Self {
        self.tie = share;
        self
    }

    /// As Keras 3 on TensorFlow: a [`tie`](Self::tie) of 1.
    #[must_use]
    pub const fn keras(self) -> Self {
        self.tie(1.0)
    }

    /// As Keras 2 and TensorFlow 2.3: a [`tie`](Self::tie) of 1.
    #[must_use]
    pub const fn tf23(self) -> Self {
        self.tie(1.0)
    }
}

impl<T: Float> RowFormula<T> for CategoricalHinge {
    const PAIRED: bool = true;

    #[inline(always)]
    fn row<L: Lane<Elem = T>>(&self, row: &mut impl Passes<L>, _: L) -> L {
        let [pos] = row.sums(Hits);
        let [neg] = row.largest(self.slots);
        let (loss, zero) = (difference(neg, pos), pos.of(0.0));
        if row.wants_grads() {
            let [ties] = row.sums(Ties { slots: self.slots, neg });
            // NaN stays NaN.
            let active = L::pick(loss.same(zero), loss.of(self.tie), loss * 0.0);
            let active = L::pick(zero.lt(loss), loss.of(1.0), L::pick(loss.lt(zero), zero, active));
            row.grads(Slopes { slots: self.slots, neg, active, share: active / ties });
        }
        loss.at_least(zero)
    }
}

/// `neg - pos + 1`, with what the first difference loses: exact where it is near 0. Where no class is left that could be
/// too near, `neg` is -inf, and so is this.
#[inline(always)]
fn difference<L: Lane>(neg: L, pos: L) -> L {
    let first = neg - pos;
    let taken = first - neg;
    let lost = (neg - (first - taken)) - (pos + taken);
    let lost = L::pick(lost.same(lost), lost, lost.of(0.0));
    L::pick(neg.same(neg.of(f64::NEG_INFINITY)), nan_of(pos, neg), (first + 1.0) + lost)
}

#[derive(Clone, Copy)]
struct Hits;

impl<L: Lane<Elem: Float>> Terms<L, 1> for Hits {
    #[inline(always)]
    fn at(&self, Entry { x, t, .. }: Entry<L>) -> [L; 1] {
        [weigh(t, x)]
    }
}

/// What the maximum goes over.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slots {
    with_target: bool,
}

impl<L: Lane<Elem: Float>> Terms<L, 1> for Slots {
    #[inline(always)]
    fn at(&self, Entry { x, t, .. }: Entry<L>) -> [L; 1] {
        let (slot, is_target) = (x * (x.of(1.0) - t), t.same(t.of(1.0)));
        [if self.with_target { slot.without(is_target) } else { L::pick(is_target, t.of(f64::NEG_INFINITY), slot) }]
    }
}

/// How many share the maximum.
#[derive(Clone, Copy)]
struct Ties<L> {
    slots: Slots,
    neg: L,
}

impl<L: Lane<Elem: Float>> Terms<L, 1> for Ties<L> {
    const ONE_BY_ONE: bool = !L::Isa::TOGETHER;

    #[inline(always)]
    fn at(&self, entry: Entry<L>) -> [L; 1] {
        let [slot] = self.slots.at(entry);
        [slot.of(1.0).keep(slot.same(self.neg))]
    }
}

#[derive(Clone, Copy)]
struct Slopes<L> {
    slots: Slots,
    neg: L,
    active: L,
    share: L,
}

impl<L: Lane<Elem: Float>> Terms<L, 2> for Slopes<L> {
    const ONE_BY_ONE: bool = !L::Isa::TOGETHER;

    #[inline(always)]
    fn at(&self, entry: Entry<L>) -> [L; 2] {
        let Entry { x, t, .. } = entry;
        let [slot] = self.slots.at(entry);
        let (share, zero) = (self.share.keep(slot.same(self.neg)), x.of(0.0));
        let slopes = [(x.of(1.0) - t) * share - t * self.active, -(weigh(share, x) + x * self.active)];
        let idle = self.active.same(zero);
        [slopes[0].without(idle), slopes[1].without(idle)]
    }
}

fn run<T: Float>(loss: &CategoricalHinge, how: &Call<'_, T>, args: Args<'_, T, T>) -> Result<Outcome, LossError> {
    check::share("tie", loss.tie)?;
    row::run_pairs(loss, how, args, loss.layout)
}

verbs!(CategoricalHinge: run);
both_grads!(CategoricalHinge);
