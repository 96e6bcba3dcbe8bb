//! Digests of the results of every loss. Two sets of bits exist: that of all machines with a fused multiply-add, which
//! the scalar model has everywhere, and that of all without. Here, the levels of one machine are compared; the lines
//! that this prints are compared between machines, by `scripts/cross`.

mod support;

use lossfn::Call;
use support::{Number, Problem, Results, for_both_types, subjects};

for_both_types!(digests);

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

fn digests<T: Number>() {
    let mut lines = std::collections::BTreeMap::new();
    for subject in subjects::<T>() {
        for level in lossfn::internals::levels() {
            let mut digest = Digest(0xcbf2_9ce4_8422_2325);
            for (rows, columns) in [(7, 5), (40, 10), (3, 131), (2, 700)] {
                let problem = Problem::new(subject, rows, columns, 21);
                digest.add_results(&problem.run(Call::new().level(level)));
                digest.add_results(&problem.run(Call::new().sum().upstream(-0.3).level(level)));
            }
            let set = if level.is_fused() { "fused" } else { "unfused" };
            let known = *lines.entry((subject.name, set)).or_insert(digest.0);
            assert_eq!(known, digest.0, "{} {} on {level:?}", subject.name, T::NAME);
        }
    }
    for ((name, set), digest) in lines {
        println!("bits {set} {name} {}: {digest:016x}", T::NAME);
    }
}
