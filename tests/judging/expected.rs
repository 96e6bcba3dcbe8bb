//! What the outputs of a call should be.

use super::{Accepted, Manner, Peaks};
use lossfn::Level;
use lossfn_oracle::formula::Row;
use lossfn_oracle::reduce::{Divisor, Reduction, Totals};
use lossfn_oracle::registry::{Returned, Subject, Verb};
use lossfn_oracle::{Judged, Tolerance, Truth, Wide};

/// The truth about the items of a batch: elements, or rows.
pub(crate) struct Items<W> {
    pub(crate) losses: Vec<Truth<W>>,
    /// Derivatives, so many for each item.
    pub(crate) slopes: Vec<Truth<W>>,
    /// Those by the target, where it has any.
    pub(crate) target_slopes: Vec<Truth<W>>,
    /// Whether a factor of 0 makes an infinite one of those 0, not NaN.
    pub(crate) zero_wins: bool,
}

impl<W: Wide> Items<W> {
    pub(crate) fn of_rows(rows: impl IntoIterator<Item = Row<W>>) -> Self {
        let mut items = Self { losses: Vec::new(), slopes: Vec::new(), target_slopes: Vec::new(), zero_wins: false };
        for Row { loss, gradient, target_gradient } in rows {
            items.losses.push(loss);
            items.slopes.extend(gradient);
            items.target_slopes.extend(target_gradient);
        }
        items
    }
}

/// How near that is to be.
#[derive(Clone, Copy)]
pub(crate) struct Tolerances {
    pub(crate) each: Tolerance,
    pub(crate) each_grad: Tolerance,
    pub(crate) grad: Tolerance,
    pub(crate) each_target_grad: Tolerance,
    pub(crate) target_grad: Tolerance,
}

/// What one call returned and wrote.
pub(crate) struct Output<T> {
    pub(crate) returned: Returned,
    pub(crate) each: Vec<T>,
    pub(crate) grad: Vec<T>,
    pub(crate) target_grad: Vec<T>,
}

/// What all calls in one manner should return and write.
pub(crate) struct Expected<T: Judged> {
    each: Accepted<T>,
    each_grad: Accepted<T>,
    grad: Accepted<T>,
    each_target_grad: Accepted<T>,
    target_grad: Accepted<T>,
    /// The sum of the weighted losses, and how far it may be off.
    sum: T::Wide,
    lost: f64,
    weight: f64,
    count: usize,
    /// What the sum is multiplied with; NaN for a mean over nothing.
    share: T::Wide,
    /// Whether nothing multiplies losses and derivatives of the verbs without a divisor.
    plain: bool,
}

impl<T: Subject> Expected<T> {
    pub(crate) fn new(
        name: &str,
        tolerances: Tolerances,
        items: &Items<T::Wide>,
        manner: &Manner<T>,
        reduction: Reduction<'_, T::Wide>,
    ) -> Self {
        let losses: Vec<T::Wide> = items.losses.iter().map(|loss| stored::<T>(loss.value)).collect();
        let weights = Reduction { divisor: Divisor::One, ..reduction }.factors(&losses);
        let upstream = T::Wide::from_f64(manner.upstream);
        let times_upstream = |factors: &[T::Wide]| factors.iter().map(|factor| *factor * upstream).collect::<Vec<_>>();
        let (each_factors, factors) = (times_upstream(&weights), times_upstream(&reduction.factors(&losses)));
        let times = |x: T::Wide, factor| x * factor;
        let weighed = scaled::<T>(&items.losses, &weights, times);
        let accept =
            |what: &str, tolerance, truth| Accepted::new(format!("{name} {} {what}", T::NAME), tolerance, truth);
        let slopes = |what: &str, tolerance, slopes: &[Truth<T::Wide>], factors: &[T::Wide], times| {
            accept(what, tolerance, scaled::<T>(slopes, factors, times))
        };
        let of_target = if items.zero_wins { T::Wide::weigh } else { times };
        let Items { slopes: by_x, target_slopes: by_t, .. } = items;
        let Totals { weight, count, .. } = reduction.totals(&losses);
        let sum = weighed.iter().fold(T::Wide::ZERO, |sum, term| sum + term.value);
        Self {
            lost: lost::<T>(&weighed, tolerances.each.ulp),
            each: accept("each", tolerances.each, weighed),
            each_grad: slopes("each_grad", tolerances.each_grad, by_x, &each_factors, times),
            grad: slopes("grad", tolerances.grad, by_x, &factors, times),
            each_target_grad: slopes("each_target_grad", tolerances.each_target_grad, by_t, &each_factors, of_target),
            target_grad: slopes("target_grad", tolerances.target_grad, by_t, &factors, of_target),
            sum,
            weight: weight.to_f64(),
            count,
            share: share::<T>(reduction, losses.len()),
            plain: manner.is_plain(true),
        }
    }

    /// These verbs at every level.
    pub(crate) fn judge_all(
        mut self,
        verbs: impl Iterator<Item = Verb>,
        run: impl Fn(Level, Verb) -> Result<Output<T>, String>,
        input: impl Fn(usize) -> String,
    ) -> Result<Peaks, String> {
        let verbs: Vec<Verb> = verbs.collect();
        for level in super::levels() {
            for &verb in &verbs {
                let how = format!("{level:?}, {verb:?}");
                let output = run(level, verb).map_err(|fault| format!("{how}: {fault}"))?;
                self.judge(verb, &output, &how, &input)?;
            }
        }
        let (value, slope, target_slope) = (self.each.peak(), self.each_grad.peak(), self.each_target_grad.peak());
        Ok(if self.plain { Peaks { value, slope, target_slope } } else { Peaks::default() })
    }

    fn judge(
        &mut self,
        verb: Verb,
        Output { returned, each, grad, target_grad }: &Output<T>,
        how: &str,
        input: impl Fn(usize) -> String,
    ) -> Result<(), String> {
        if verb.writes_each() {
            self.each.judge(each, how, &input)?;
        }
        if verb.writes_grad() {
            let accepted = if verb.writes_each() { &mut self.each_grad } else { &mut self.grad };
            accepted.judge(grad, how, &input)?;
        }
        if verb.writes_target_grad() {
            let accepted = if verb.writes_each() { &mut self.each_target_grad } else { &mut self.target_grad };
            accepted.judge(target_grad, how, &input)?;
        }
        let wanted = self.sum * self.share;
        let fault = |what: &str| Err(format!("{how}: {what} of {returned:?}, not {wanted:?} from {:?}", self.sum));
        if returned.value.is_some_and(|value| !self.is_near(value, wanted, self.share.to_f64())) {
            return fault("value");
        }
        let Some(totals) = returned.totals else { return Ok(()) };
        if !self.is_near(totals.sum, self.sum, 1.0) {
            return fault("sum");
        }
        let is_right = (totals.weight - self.weight).abs() <= 1e-14 * self.weight
            || totals.weight == self.weight
            || totals.weight.is_nan() && self.weight.is_nan();
        if totals.count != self.count as u64 || !is_right {
            return fault("weight or count");
        }
        Ok(())
    }

    /// Whether a sum, or its share that is left after the division, is near enough. A sum that f64 cannot hold is
    /// infinite, whatever it is divided by.
    fn is_near(&self, got: f64, wanted: T::Wide, share: f64) -> bool {
        if wanted.is_nan() || !wanted.is_finite() || !got.is_finite() {
            let overflows = self.sum.is_finite() && self.sum.abs() > T::Wide::from_f64(f64::MAX * 0.999);
            let wanted = if overflows { f64::INFINITY.copysign(wanted.to_f64()) } else { wanted.to_f64() };
            return got == wanted || got.is_nan() && wanted.is_nan();
        }
        let error = (T::Wide::from_f64(got) - wanted).abs().to_f64();
        error <= self.lost * share + 2.0 * f64::EPSILON * wanted.abs().to_f64()
    }
}

/// What a sum over so many items is multiplied with.
fn share<T: Judged>(reduction: Reduction<'_, T::Wide>, items: usize) -> T::Wide {
    let ones = vec![T::Wide::ONE; items];
    let (value, sum) = (reduction.value(&ones), reduction.totals(&ones).sum);
    if sum == T::Wide::ZERO { value } else { value / sum }
}

/// What overflows is infinite, before any factor meets it and before it is added.
fn stored<T: Judged>(x: T::Wide) -> T::Wide {
    match x {
        x if x.abs() < T::overflow() || x.is_nan() => x,
        x if x.is_negative() => -T::Wide::INFINITY,
        _ => T::Wide::INFINITY,
    }
}

/// Truths times the factors of their items.
fn scaled<T: Judged>(
    truths: &[Truth<T::Wide>],
    factors: &[T::Wide],
    times: fn(T::Wide, T::Wide) -> T::Wide,
) -> Vec<Truth<T::Wide>> {
    let per_item = if factors.is_empty() { 1 } else { truths.len() / factors.len() };
    let scaled = |(i, truth): (usize, &Truth<T::Wide>)| {
        let factor = factors[i / per_item];
        Truth::new(stored::<T>(times(stored::<T>(truth.value), factor))).over([truth.scale.weigh(factor)])
    };
    truths.iter().enumerate().map(scaled).collect()
}

/// How far a sum of terms may be off, each of which may be off by `ulp`. The terms of a block of 64 vectors are added
/// in the element type: at most 22 roundings for any of them.
fn lost<T: Judged>(terms: &[Truth<T::Wide>], ulp: f64) -> f64 {
    let unit = <f64 as Wide>::exp2i(1 - T::PRECISION);
    let sizes = terms.iter().map(|term| term.value.abs().to_f64().max(term.scale.abs().to_f64()));
    sizes.fold(0.0, |lost, size| lost + (ulp + 11.5) * unit * size + ulp * T::ulp::<f64>(0.0))
}
