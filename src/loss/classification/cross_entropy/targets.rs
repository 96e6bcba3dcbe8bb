//! Class indices of any integer type.

use crate::LossError;
use crate::engine::check::is_kept;
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
    ($($variant:ident $t:ty as $unsigned:ty),+) => {
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
                        let places = to.iter_mut().zip(&indices[first..]);
                        match ignored {
                            None => places.for_each(|(to, &index)| *to = index as usize),
                            Some(ignored) => places.for_each(|(to, &index)| {
                                *to = if index == ignored { IGNORED } else { index as usize };
                            }),
                        }
                    })+
                }
            }

            /// The index of every row that a mask keeps is a class, or ignored. Returns how many are ignored.
            pub(in crate::loss) fn check(
                &self,
                classes: usize,
                ignore_index: Option<i64>,
                mask: Option<&[bool]>,
            ) -> Result<usize, LossError> {
                match self {
                    $(Self::$variant(indices) => {
                        let ignored = ignore_index.and_then(|index| <$t>::try_from(index).ok());
                        // Compared in the type's own width; a negative index becomes larger than any class.
                        let last = <$unsigned>::try_from(classes.saturating_sub(1)).unwrap_or(<$unsigned>::MAX);
                        let last = last.min(<$t>::MAX as $unsigned);
                        let is_class = |index: $t| index as $unsigned <= last;
                        let (mut left_out, mut wrong) = (0, false);
                        match ignored {
                            None => indices.iter().for_each(|&index| wrong |= !is_class(index)),
                            Some(ignored) => indices.iter().for_each(|&index| {
                                left_out += usize::from(index == ignored);
                                wrong |= (index != ignored) & !is_class(index);
                            }),
                        }
                        if !wrong {
                            return Ok(left_out);
                        }
                        let wrong = |&(row, &index): &(usize, &$t)| {
                            Some(index) != ignored && !is_class(index) && is_kept(mask, row)
                        };
                        match indices.iter().enumerate().find(wrong) {
                            Some((row, &index)) => Err(LossError::Target { row, value: index as i128, classes }),
                            None => Ok(left_out),
                        }
                    })+
                }
            }
        }
    };
}
class_index!(
    I8 i8 as u8, I16 i16 as u16, I32 i32 as u32, I64 i64 as u64, Isize isize as usize,
    U8 u8 as u8, U16 u16 as u16, U32 u32 as u32, U64 u64 as u64, Usize usize as usize
);
