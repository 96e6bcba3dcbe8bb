//! Class indices of any integer type.

use crate::LossError;
use crate::engine::softmax::IGNORED;

/// An integer type that class indices may have: every one of 8 to 64 bits, and `isize` and `usize`. Sealed.
pub trait ClassIndex: Copy + Send + Sync + private::Sealed {
    /// The indices of a batch, without their type.
    #[doc(hidden)]
    fn erase(indices: &[Self]) -> Classes<'_>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! class_index {
    ($($variant:ident $t:ty),+) => {
        /// Class indices of one integer type.
        #[doc(hidden)]
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum Classes<'a> {
            $($variant(&'a [$t]),)+
        }

        $(
            impl private::Sealed for $t {}
            impl ClassIndex for $t {
                #[inline]
                fn erase(indices: &[Self]) -> Classes<'_> {
                    Classes::$variant(indices)
                }
            }
        )+

        impl Classes<'_> {
            pub(in crate::loss) fn len(&self) -> usize {
                match self {
                    $(Self::$variant(indices) => indices.len(),)+
                }
            }

            /// The classes of the rows from `first` on, which have been checked; [`IGNORED`] where they are ignored.
            pub(in crate::loss) fn fill(&self, first: usize, ignore_index: Option<i64>, to: &mut [usize]) {
                match self {
                    $(Self::$variant(indices) => {
                        let ignored = ignore_index.and_then(|index| <$t>::try_from(index).ok());
                        for (to, &index) in to.iter_mut().zip(&indices[first..]) {
                            *to = if Some(index) == ignored { IGNORED } else { index as usize };
                        }
                    })+
                }
            }

            /// Every row's index is a class, or ignored. Returns how many are ignored.
            pub(in crate::loss) fn check(&self, classes: usize, ignore_index: Option<i64>) -> Result<usize, LossError> {
                match self {
                    $(Self::$variant(indices) => {
                        let ignored = ignore_index.and_then(|index| <$t>::try_from(index).ok());
                        let is_ignored = |index: $t| Some(index) == ignored;
                        // A negative index becomes larger than any number of classes.
                        let is_class = |index: $t| (index as u64) < classes as u64;
                        let (mut left_out, mut wrong) = (0, false);
                        for &index in *indices {
                            left_out += usize::from(is_ignored(index));
                            wrong |= !is_class(index) && !is_ignored(index);
                        }
                        if !wrong {
                            return Ok(left_out);
                        }
                        let row = indices.iter().position(|&index| !is_class(index) && !is_ignored(index));
                        let row = row.unwrap_or_default();
                        Err(LossError::Target { row, value: indices[row] as i128, classes })
                    })+
                }
            }
        }
    };
}
class_index!(
    I8 i8, I16 i16, I32 i32, I64 i64, Isize isize,
    U8 u8, U16 u16, U32 u32, U64 u64, Usize usize
);
