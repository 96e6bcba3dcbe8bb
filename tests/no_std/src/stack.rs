//! How much stack a call takes: the stack below is painted, the call made, and the paint that is left is counted.

use crate::runtime::stack_pointer;
use core::fmt::{self, Write};
use core::hint::black_box;
use lossfn::{
    Bce, BceWithLogits, ByRow, Call, CategoricalCrossEntropy, CategoricalHinge, CosineSimilarity, CrossEntropy, Huber,
    KlDiv, Layout, LogCosh, Loss, Mse, Msle, Nll, Weights,
};

/// Bytes that are painted: more than any call may take.
const DEPTH: usize = 32 << 10;
/// What the painter itself may have below its stack pointer.
const OWN: usize = 512;
const PAINT: u32 = 0x5ca1_ab1e;

/// Bytes of stack that a call takes, its caller's frame not included.
#[inline(never)]
fn taken(call: &mut dyn FnMut()) -> usize {
    let top = stack_pointer() & !3;
    let places = (top - DEPTH..top - OWN).step_by(4);
    for place in places.clone() {
        // SAFETY: the stack is far larger than `DEPTH`, and what lies below its pointer belongs to nobody.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(place).write_volatile(PAINT) };
    }
    black_box(call)();
    for place in places {
        // SAFETY: as above.
        if unsafe { core::ptr::with_exposed_provenance::<u32>(place).read_volatile() } != PAINT {
            return top - place;
        }
    }
    OWN
}

/// The largest of so many.
struct Table<'a, W> {
    console: &'a mut W,
    most: usize,
}

impl<W: Write> Table<'_, W> {
    /// The verbs of one loss: a line of bytes.
    fn row<Y>(&mut self, name: &str, loss: impl Loss<f32, Y>, y: &[Y], items: usize) -> fmt::Result {
        const N: usize = 300;
        let mut x = [0.0_f32; N];
        (0_u16..).zip(&mut x).for_each(|(i, x)| *x = f32::from(i % 7) - 3.0);
        let (mut dx, mut out) = ([0.0_f32; N], [0.0_f32; N]);
        let out = &mut out[..items];
        let mut fine = true;
        let bytes = [
            taken(&mut || fine &= loss.value(&x, y).is_ok()),
            taken(&mut || fine &= loss.grad(&x, y, &mut dx).is_ok()),
            taken(&mut || fine &= loss.value_and_grad(&x, y, &mut dx).is_ok()),
            taken(&mut || fine &= loss.each(&x, y, out).is_ok()),
            taken(&mut || fine &= loss.each_and_grad(&x, y, out, &mut dx).is_ok()),
            taken(&mut || fine &= loss.value_and_grad_in_place(&mut x, y).is_ok()),
        ];
        self.most = bytes.iter().fold(self.most, |most, &bytes| most.max(bytes));
        let refused = if fine { "" } else { " REFUSED" };
        let [a, b, c, d, e, f] = bytes;
        writeln!(self.console, "stack: {name:<30} {a:>6} {b:>6} {c:>6} {d:>6} {e:>6} {f:>6}{refused}")
    }
}

/// Prints a line for each loss: bytes of stack for each verb.
pub(crate) fn report(console: &mut impl Write) -> fmt::Result {
    let (t, w, classes) = ([0.5_f32; 300], [0.75_f32; 300], [1_u8; 100]);
    let weighted = Call::new().weights(Weights::Each(&w));
    writeln!(console, "stack: bytes, f32{:>13} value   grad   both   each e+grad  place", "")?;
    let mut table = Table { console, most: 0 };
    table.row("Mse", Mse::new(), &t, 300)?;
    table.row("Mse, weights", Mse::new().with(weighted), &t, 300)?;
    table.row("Huber", Huber::new(1.0), &t, 300)?;
    table.row("BceWithLogits", BceWithLogits::<f32>::new(), &t, 300)?;
    table.row("BceWithLogits, weights", BceWithLogits::new().with(weighted), &t, 300)?;
    table.row("Bce", Bce::new(), &t, 300)?;
    table.row("LogCosh", LogCosh::new(), &t, 300)?;
    table.row("Msle", Msle::new(), &t, 300)?;
    table.row("KlDiv", KlDiv::new(), &t, 300)?;
    let along = Call::new().layout(Layout::axis(3, 10)).by_row(ByRow::Mean);
    table.row("BceWithLogits, an axis", BceWithLogits::new().with(along), &t, 100)?;
    table.row("CrossEntropy of 3", CrossEntropy::<f32>::new(3), &classes, 100)?;
    table.row("CrossEntropy of 10", CrossEntropy::<f32>::new(10), &classes[..30], 30)?;
    table.row("CrossEntropy of 300", CrossEntropy::<f32>::new(300), &classes[..1], 1)?;
    table.row("CrossEntropy, probabilities", CrossEntropy::<f32>::new(10), &t, 30)?;
    table.row("Nll", Nll::<f32>::new(10), &classes[..30], 30)?;
    table.row("CosineSimilarity of 10", CosineSimilarity::new(10), &t, 30)?;
    table.row("CategoricalHinge", CategoricalHinge::new(10), &t, 30)?;
    table.row("CategoricalCrossEntropy", CategoricalCrossEntropy::<f32>::new(10), &classes[..30], 30)?;
    table.row("… probabilities", CategoricalCrossEntropy::<f32>::new(10), &t, 30)?;
    let apart = Layout::axis(3, 10);
    table.row("CrossEntropy, an axis", CrossEntropy::<f32>::new(apart), &classes, 100)?;
    table.row("… probabilities, an axis", CrossEntropy::<f32>::new(apart), &t, 100)?;
    table.row("CosineSimilarity, an axis", CosineSimilarity::new(apart), &t, 100)?;
    let most = table.most;
    writeln!(table.console, "stack: {most} bytes at most")
}
