//! How fast the clock of this processor runs just now.

use crate::support::timing::seconds;

const STEPS: u32 = 100_000;

/// Cycles in a second, by a chain of multiplications that wait for each other for three cycles each.
pub(crate) fn cycles_per_second() -> Option<f64> {
    const MULTIPLICATIONS: f64 = 8.0;
    const CYCLES: f64 = 3.0;
    let time = seconds(0.005, || chain().map_or(f64::NAN, |product| product as f64));
    chain().map(|_| f64::from(STEPS) * MULTIPLICATIONS * CYCLES / time)
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "no other code is sure to be what was written")]
fn chain() -> Option<u64> {
    let mut product = 3_u64;
    for _ in 0..STEPS {
        // SAFETY: a register is multiplied; no memory is touched.
        unsafe {
            core::arch::asm!(
                "imul {0}, {0}", "imul {0}, {0}", "imul {0}, {0}", "imul {0}, {0}",
                "imul {0}, {0}", "imul {0}, {0}", "imul {0}, {0}", "imul {0}, {0}",
                inout(reg) product, options(nomem, nostack, pure)
            );
        }
    }
    Some(product)
}

#[cfg(not(target_arch = "x86_64"))]
const fn chain() -> Option<u64> {
    None
}
