//! f32 bit patterns through an elementary function, by the million: all levels at once, judged against `f64`.
//!
//! The function of std for `f64` is within one of its own ULPs, which is 2^-29 of those that are counted here. Nearly
//! all results are passed by arithmetic that the compiler can put into vectors; what that cannot pass goes to the
//! comparator, and so does every result that is worse than all before it.

use super::contract::{in_domain, tolerance, truth};
use super::same_bits;
use core::sync::atomic::{AtomicU64, Ordering};
use lossfn::Level;
use lossfn::internals::{Function, map};
use lossfn_oracle::{Judged, Truth, Worst};

/// Patterns that a thread takes at a time.
const BLOCK: u64 = 1 << 15;

/// The worst results of one function, level by level.
pub(crate) struct Sweep {
    function: Function,
    x: Vec<f32>,
    truth: Vec<f64>,
    got: Vec<f32>,
    model: Vec<f32>,
    levels: Vec<LevelSweep>,
}

/// What is known of one level.
struct LevelSweep {
    level: Level,
    worst: Worst,
    /// The largest distance so far that is near enough.
    peak: f64,
    /// Where its bits are not those of the model.
    differs: Option<String>,
}

impl Sweep {
    pub(crate) fn new(function: Function) -> Self {
        let of_level = |level: Level| LevelSweep {
            level,
            worst: Worst::new(format!("{function:?} f32 {level:?}"), tolerance(function, level)),
            peak: 0.0,
            differs: None,
        };
        // The model goes first, because the others are compared with it.
        let mut levels: Vec<Level> = Level::available().chain([Level::Model]).collect();
        levels.rotate_right(1);
        let (x, got, model) = (Vec::new(), Vec::new(), Vec::new());
        Self { function, x, truth: Vec::new(), got, model, levels: levels.into_iter().map(of_level).collect() }
    }

    /// Every `stride`th bit pattern, on all cores. `progress` is told the share that is done.
    pub(crate) fn patterns(function: Function, stride: u64, progress: &(dyn Fn(f64) + Sync)) -> Self {
        let count = (1_u64 << 32).div_ceil(stride);
        let next = AtomicU64::new(0);
        let work = || {
            let mut sweep = Self::new(function);
            loop {
                let first = next.fetch_add(BLOCK, Ordering::Relaxed);
                if first >= count {
                    return sweep;
                }
                let patterns = first..count.min(first + BLOCK);
                sweep.points(patterns.map(|i| f32::from_bits((i * stride) as u32)));
                progress(first as f64 / count as f64);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if threads == 1 {
            // There may be no threads at all.
            return work();
        }
        let sweeps = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            running.into_iter().map(|thread| thread.join().expect("a thread of the sweep")).collect::<Vec<_>>()
        });
        sweeps.into_iter().reduce(Self::merge).expect("at least one thread")
    }

    /// Runs and judges these arguments, as far as they are in the domain.
    pub(crate) fn points(&mut self, x: impl Iterator<Item = f32>) {
        let function = self.function;
        self.x.clear();
        self.x.extend(x.filter(|x| in_domain(function, *x)));
        self.truth.clear();
        self.truth.extend(self.x.iter().map(|x| truth(function, f64::from(*x))));
        self.got.resize(self.x.len(), 0.0);
        self.model.resize(self.x.len(), 0.0);
        for of_level in &mut self.levels {
            let level = of_level.level;
            let to = if level == Level::Model { &mut self.model } else { &mut self.got };
            map(level, function, &self.x, to).expect("an available level");
            if level != Level::Model && level.is_fused() {
                of_level.compare(&self.x, &self.got, &self.model);
            } else {
                let got = if level == Level::Model { &self.model } else { &self.got };
                of_level.judge(&self.x, got, &self.truth);
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (mine, others) in self.levels.iter_mut().zip(other.levels) {
            let rank = |of_level: &LevelSweep| (!of_level.worst.ok(), of_level.peak);
            let differs = mine.differs.take().or(others.differs.clone());
            if rank(&others) > rank(mine) {
                *mine = others;
            }
            mine.differs = differs;
        }
        self
    }

    /// Prints the contract, and how much of it is used, level by level.
    ///
    /// # Panics
    /// If a level breaks it.
    pub(crate) fn report(&self) {
        let mut faults = Vec::new();
        for LevelSweep { level, worst, differs, .. } in &self.levels {
            let name = format!("{:?}", self.function);
            let bound = tolerance(self.function, *level).ulp;
            match worst.case() {
                Some(case) => println!("{name:<10} f32 {level:<7?} {:.4} of {bound} ULP at {}", case.ulp, case.input),
                None => println!("{name:<10} f32 {level:<7?} as the model"),
            }
            faults.extend(differs.clone());
            faults.extend((!worst.ok()).then(|| worst.to_string()));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

impl LevelSweep {
    /// Levels with a fused multiply-add have the bits of the model, which is judged.
    fn compare(&mut self, x: &[f32], got: &[f32], model: &[f32]) {
        if self.differs.is_none() && !same_bits(got, model) {
            let i = (0..x.len()).find(|&i| !same_bits(&got[i..=i], &model[i..=i])).unwrap_or_default();
            let (level, name) = (self.level, &self.worst);
            let bits = |x: f32| format!("{x:e} ({:#010x})", x.to_bits());
            self.differs =
                Some(format!("{name}: {level:?} has {} at {}, the model {}", bits(got[i]), bits(x[i]), bits(model[i])));
        }
    }

    fn judge(&mut self, x: &[f32], got: &[f32], truth: &[f64]) {
        let peak = self.peak;
        let calm = got.iter().zip(truth).fold(true, |calm, (got, truth)| calm & passes(*got, *truth, peak));
        if calm {
            return;
        }
        for (i, (got, truth)) in got.iter().zip(truth).enumerate() {
            if !passes(*got, *truth, self.peak) {
                self.worst.check(i, *got, Truth::new(*truth), || format!("{:e} ({:#010x})", x[i], x[i].to_bits()));
                self.peak = self.worst.case().map_or(0.0, |case| if self.worst.ok() { case.ulp } else { self.peak });
            }
        }
    }
}

/// Whether the comparator need not be asked: both are NaN, or both infinite alike, or the distance is at most `peak`
/// ULPs and zeros are right. Every part is plain arithmetic, so that this becomes vector code.
fn passes(got: f32, truth: f64, peak: f64) -> bool {
    const OVERFLOW: f64 = f32::MAX as f64 * (1.0 + f32::EPSILON as f64 / 4.0);
    let wide = f64::from(got);
    let exponent = (truth.to_bits() >> 52 & 0x7ff).clamp(1023 - 126, 1023 + 127);
    let per_ulp = f64::from_bits((2 * 1023 + 23 - exponent) << 52);
    let near = (wide - truth).abs() * per_ulp <= peak;
    let zero_is_right = (truth != 0.0) | (wide == 0.0);
    let same_sign = wide.is_sign_negative() == truth.is_sign_negative();
    let zero_has_sign = (wide != 0.0) | same_sign;
    let both_nan = wide.is_nan() & truth.is_nan();
    let both_infinite = wide.is_infinite() & (truth.abs() > OVERFLOW) & same_sign;
    (near & zero_is_right & zero_has_sign) | both_nan | both_infinite
}
