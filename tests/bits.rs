//! Digests of the results of every loss, against those that `tests/bits.txt` has recorded. Two sets of bits exist: that
//! of all machines with a fused multiply-add, which the scalar model has everywhere, and that of all without. Builds
//! without std, whose vectors are narrow, have two of their own.
//! `scripts/bits` records them again, which belongs to a line under "Results" in the changelog.

mod support;

use lossfn::internals::VECTOR_BYTES;
use lossfn::{Bce, Call, HingeEmbedding, KlDiv, Mape, SquaredHinge};
use std::collections::{BTreeMap, BTreeSet};
use support::{Number, Problem, Results, Rng, Verbs, bind, for_both_types, run, subjects};

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

    fn add_results<T: Number>(&mut self, results: &Results<T>) {
        let totals = results.totals;
        [results.value, totals.sum, totals.weight].iter().for_each(|x| self.add(x.bits()));
        self.add(totals.count);
        for x in results.grad.iter().chain(&results.each).chain(&results.each_grad) {
            self.add(x.bits());
        }
    }
}

/// The losses whose kernels differ from those of `subjects` in the formula alone.
trait Others: Number {
    /// By name, against targets from 0 to 1, or of 1 and -1.
    fn others<'a>(
        how: Call<'a, Self>,
        units: &'a [Self],
        signs: &'a [Self],
    ) -> [(&'static str, Box<dyn Verbs<Self> + 'a>); 5];
}

macro_rules! others {
    ($($t:ident),+) => {
        $(impl Others for $t {
            fn others<'a>(
                how: Call<'a, $t>,
                units: &'a [$t],
                signs: &'a [$t],
            ) -> [(&'static str, Box<dyn Verbs<$t> + 'a>); 5] {
                [
                    ("Bce", bind(Bce::new().with(how), units)),
                    ("KlDiv, logarithms", bind(KlDiv::new().log_target().with(how), units)),
                    ("Mape", bind(Mape::new().floor(0.25).with(how), units)),
                    ("SquaredHinge", bind(SquaredHinge::new().with(how), signs)),
                    ("HingeEmbedding", bind(HingeEmbedding::new(0.5).with(how), signs)),
                ]
            }
        })+
    };
}
others!(f32, f64);

/// The digests of one call, in each of these manners, by the name of the loss.
fn digest_all<T: Others>(digests: &mut BTreeMap<&str, Digest>, how: Call<'_, T>) {
    let mut add = |name, results: &Results<T>| {
        digests.entry(name).or_insert(Digest(0xcbf2_9ce4_8422_2325)).add_results(results);
    };
    for subject in subjects::<T>() {
        for (rows, columns) in [(7, 5), (40, 10), (3, 131), (2, 700)] {
            add(subject.name, &Problem::new(subject, rows, columns, 21).run(how));
        }
    }
    let mut rng = Rng(22);
    let mut draw = |low, high| -> Vec<T> { (0..1403).map(|_| T::of(rng.between(low, high))).collect() };
    let (x, units, signs) = (draw(0.0, 1.0), draw(0.0, 1.0), draw(-1.0, 1.0));
    let signs: Vec<T> = signs.into_iter().map(|sign| T::of(1.0).copysign(sign)).collect();
    for (name, verbs) in T::others(how, &units, &signs) {
        add(name, &run(name, &*verbs, &x, x.len()));
    }
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
