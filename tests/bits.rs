//! Digests of the results of every loss, against those that `tests/bits.txt` has recorded. Two sets of bits exist: that
//! of all machines with a fused multiply-add, which the scalar model has everywhere, and that of all without. Builds
//! without std, whose vectors are narrow, have two of their own.
//! `scripts/bits` records them again, which belongs to a line under "Results" in the changelog.

mod support;

use lossfn::internals::VECTOR_BYTES;
use lossfn::{
    Bce, BceWithLogits, BothGrads, ByRow, Call, CategoricalCrossEntropy, CategoricalHinge, CosineSimilarity,
    CrossEntropy, HingeEmbedding, KlDiv, Layout, LogCosh, Mape, Mse, Msle, SquaredHinge,
};
use std::collections::{BTreeMap, BTreeSet};
use support::{Number, Problem, Results, Rng, Verbs, bind, for_both_types, run, subjects, words_of_both};

for_both_types!(digests);

const RECORDED: &str = include_str!("bits.txt");

/// FNV-1a over 64-bit words.
struct Digest(u64);

impl Digest {
    fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The bits of all results.
fn words<T: Number>(results: &Results<T>) -> Vec<u64> {
    let Results { value, totals, grad, each, each_grad } = results;
    let numbers = grad.iter().chain(each).chain(each_grad).map(|x| x.bits());
    [value.bits(), totals.sum.bits(), totals.weight.bits(), totals.count].into_iter().chain(numbers).collect()
}

/// What [`both`] and [`Others`] are given: numbers of 0 to 1 and of 1 and -1, and weights for columns.
struct Data<T> {
    x: Vec<T>,
    units: Vec<T>,
    signs: Vec<T>,
    weights: Vec<T>,
}

const ROWS: usize = 140;
const COLUMNS: usize = 10;
/// The length of the axis behind the columns, where there is one.
const INNER: usize = 35;

impl<T: Number> Data<T> {
    fn new() -> Self {
        let mut rng = Rng(22);
        let mut draw = |low, high, n| -> Vec<T> { (0..n).map(|_| T::of(rng.between(low, high))).collect() };
        let (x, units, signs) = (draw(0.0, 1.0, 1403), draw(0.0, 1.0, 1403), draw(-1.0, 1.0, 1403));
        let signs = signs.into_iter().map(|sign| T::of(1.0).copysign(sign)).collect();
        Self { x, units, signs, weights: draw(0.25, 2.0, COLUMNS) }
    }
}

/// The losses whose kernels differ from those of `subjects` in the formula alone, and some whose targets have gradients.
trait Others: Number {
    /// By name, against targets from 0 to 1, or of 1 and -1.
    fn others<'a>(how: Call<'a, Self>, data: &'a Data<Self>) -> [(&'static str, Box<dyn Verbs<Self> + 'a>); 5];

    /// What [`both`] gives, by name: of elements, of rows, and of rows along an axis.
    fn of_both<'a>(how: Call<'a, Self>, data: &'a Data<Self>) -> Vec<(String, Vec<u64>)>;
}

/// What both gradients of a loss come to, for so many items.
fn both<T: Number>(loss: impl BothGrads<T>, data: &Data<T>, items: usize) -> Vec<u64> {
    words_of_both(&loss, &data.x[..ROWS * COLUMNS], &data.units[..ROWS * COLUMNS], items)
}

macro_rules! others {
    ($($t:ident),+) => {
        $(impl Others for $t {
            fn others<'a>(how: Call<'a, $t>, data: &'a Data<$t>) -> [(&'static str, Box<dyn Verbs<$t> + 'a>); 5] {
                let Data { units, signs, .. } = data;
                [
                    ("Bce", bind(Bce::new().with(how), units)),
                    ("KlDiv, logarithms", bind(KlDiv::new().log_target().with(how), units)),
                    ("Mape", bind(Mape::new().floor(0.25).with(how), units)),
                    ("SquaredHinge", bind(SquaredHinge::new().with(how), signs)),
                    ("HingeEmbedding", bind(HingeEmbedding::new(0.5).with(how), signs)),
                ]
            }

            fn of_both<'a>(how: Call<'a, $t>, data: &'a Data<$t>) -> Vec<(String, Vec<u64>)> {
                let mut all = Vec::new();
                let mut add = |name: &str, words| all.push((format!("{name}, both"), words));
                let n = ROWS * COLUMNS;
                add("Mse", both(Mse::new().with(how), data, n));
                add("LogCosh", both(LogCosh::new().with(how), data, n));
                add("Msle", both(Msle::new().with(how), data, n));
                add("Mape", both(Mape::new().with(how), data, n));
                add("KlDiv", both(KlDiv::new().with(how), data, n));
                add("Bce", both(Bce::new().with(how), data, n));
                add("BceWithLogits", both(BceWithLogits::new().with(how), data, n));
                let sum = how.by_row(ByRow::Sum).columns(COLUMNS);
                let mean = how.by_row(ByRow::Mean).layout(Layout::axis(COLUMNS, INNER));
                add("KlDiv, by row", both(KlDiv::new().with(sum), data, ROWS));
                add("BceWithLogits, by row, axis", both(BceWithLogits::new().with(mean), data, ROWS));
                for (layout, axis) in [(Layout::rows(COLUMNS), ""), (Layout::axis(COLUMNS, INNER), ", axis")] {
                    let mut add = |name: &str, words| add(&format!("{name}{axis}"), words);
                    add("CosineSimilarity", both(CosineSimilarity::new(layout).with(how), data, ROWS));
                    add("CategoricalHinge", both(CategoricalHinge::new(layout).with(how), data, ROWS));
                    let loss = CategoricalCrossEntropy::new(layout).class_weights(&data.weights).label_smoothing(0.125);
                    add("CategoricalCrossEntropy", both(loss.with(how), data, ROWS));
                    let loss = CrossEntropy::new(layout).class_weights(&data.weights).label_smoothing(0.125);
                    add("CrossEntropy", both(loss.with(how), data, ROWS));
                }
                all
            }
        })+
    };
}
others!(f32, f64);

/// The digests of one call, in each of these manners, by the name of the loss.
fn digest_all<T: Others>(digests: &mut BTreeMap<String, Digest>, how: Call<'_, T>) {
    let mut add = |name: String, words: Vec<u64>| {
        let digest = digests.entry(name).or_insert(Digest(0xcbf2_9ce4_8422_2325));
        words.into_iter().for_each(|word| digest.add(word));
    };
    for subject in subjects::<T>() {
        for (rows, columns, inner) in [(7, 5, 7), (40, 10, 20), (3, 131, 3), (2, 700, 2)] {
            let problem = Problem::new(subject, rows, columns, 21);
            add(subject.name.into(), words(&problem.run(how)));
            if subject.by_row {
                add(format!("{}, axis", subject.name), words(&problem.run_over(Layout::axis(columns, inner), how)));
            }
        }
    }
    let data = Data::new();
    for (name, verbs) in T::others(how, &data) {
        add(name.into(), words(&run(name, &*verbs, &data.x, data.x.len())));
    }
    T::of_both(how, &data).into_iter().for_each(|(name, words)| add(name, words));
}

fn digests<T: Others>() {
    let mut lines = BTreeMap::new();
    for level in lossfn::internals::levels() {
        let mut digests = BTreeMap::new();
        for how in [Call::<T>::new(), Call::new().sum().upstream(-0.3)] {
            digest_all(&mut digests, how.level(level));
        }
        let width = if VECTOR_BYTES < 64 { "narrow_" } else { "" };
        let set = format!("{width}{}", if level.is_fused() { "fused" } else { "unfused" });
        for (name, Digest(digest)) in digests {
            let known = *lines.entry(format!("bits {set} {} {name}: ", T::NAME)).or_insert(digest);
            assert_eq!(known, digest, "{name} {} on {level:?}", T::NAME);
        }
    }
    let lines: Vec<String> = lines.into_iter().map(|(what, digest)| format!("{what}{digest:016x}")).collect();
    lines.iter().for_each(|line| println!("{line}"));
    if std::env::var_os("LOSSFN_RECORD").is_none() {
        let sets: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        let of_sets = |line: &&str| sets.iter().any(|set| line.starts_with(&format!("bits {set} {} ", T::NAME)));
        let (now, recorded) = (lines.iter().map(String::as_str).collect(), RECORDED.lines().filter(of_sets).collect());
        let changed: Vec<&str> = BTreeSet::symmetric_difference(&now, &recorded).copied().collect();
        assert!(changed.is_empty(), "results have changed; if they should, run scripts/bits:\n{changed:#?}");
    }
}
