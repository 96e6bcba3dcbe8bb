//! Slices that start anywhere and notice a write beside them.

use crate::judged::Judged;

/// Values some elements into a buffer. What lies around them is NaN, so that a kernel that reads it shows in its
/// result, with bits that no arithmetic makes, so that a kernel that writes it is found too.
#[derive(Clone, Debug)]
pub struct Shifted<T> {
    buffer: Vec<T>,
    offset: usize,
}

/// Elements behind the values.
const MARGIN: usize = super::LANES;

/// A quiet NaN with a payload, in either type.
fn guard<T: Judged>() -> T {
    let quiet = ((1 << (T::BITS - T::PRECISION as u32 + 1)) - 1) << (T::PRECISION - 2);
    T::from_bits(quiet | 0x5a5a)
}

impl<T: Judged> Shifted<T> {
    /// A copy of `values`, `offset` elements into a buffer.
    pub fn new(values: &[T], offset: usize) -> Self {
        let before = core::iter::repeat_n(guard(), offset);
        let behind = core::iter::repeat_n(guard(), MARGIN);
        Self { buffer: before.chain(values.iter().copied()).chain(behind).collect(), offset }
    }

    /// The values.
    pub fn get(&self) -> &[T] {
        &self.buffer[self.offset..self.buffer.len() - MARGIN]
    }

    /// The values, to be written.
    pub fn get_mut(&mut self) -> &mut [T] {
        let end = self.buffer.len() - MARGIN;
        &mut self.buffer[self.offset..end]
    }

    /// Whether nothing was written beside the values.
    pub fn intact(&self) -> bool {
        let (before, behind) = (&self.buffer[..self.offset], &self.buffer[self.buffer.len() - MARGIN..]);
        before.iter().chain(behind).all(|value| value.to_bits() == guard::<T>().to_bits())
    }
}

#[cfg(test)]
mod tests {
    use super::Shifted;

    #[test]
    fn holds_the_values_and_notices_neighbours() {
        for offset in 0..=16 {
            let mut shifted = Shifted::new(&[1.0_f32, 2.0, 3.0], offset);
            assert_eq!(shifted.get(), [1.0, 2.0, 3.0]);
            shifted.get_mut()[2] = 4.0;
            assert!(shifted.intact() && shifted.get()[2] == 4.0);
            shifted.buffer[offset + 3] = f32::NAN;
            assert!(!shifted.intact());
        }
        assert!(super::guard::<f32>().is_nan() && super::guard::<f64>().is_nan());
    }
}
