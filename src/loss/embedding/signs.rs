//! Labels that are 1 or -1, of any signed type.

use crate::LossError;
use crate::engine::check::is_kept;

/// A type that labels 1 and -1 may have: every signed integer of 8 to 64 bits, `isize`, `f32` and `f64`. Sealed.
pub trait SignLabel: Copy + Send + Sync + private::Sealed {
    /// The labels of a batch, without their type.
    #[doc(hidden)]
    fn erase(labels: &[Self]) -> Signs<'_>;
}

mod private {
    pub trait Sealed {}
}

/// One label, without its type.
trait Label: Copy {
    /// 1 or -1; `None` for any other.
    fn sign(self) -> Option<bool>;
    /// The label if it is an integer.
    fn integer(self) -> Option<i128>;
}

macro_rules! label {
    ($($t:ident: $label:ident => $integer:expr;)+) => {
        $(impl Label for $t {
            #[inline]
            fn sign(self) -> Option<bool> {
                let one = 1 as $t;
                if self == one { Some(true) } else if self == -one { Some(false) } else { None }
            }
            #[inline]
            fn integer(self) -> Option<i128> {
                let $label = self;
                $integer
            }
        })+
    };
}
label! {
    i8: label => Some(label.into());
    i16: label => Some(label.into());
    i32: label => Some(label.into());
    i64: label => Some(label.into());
    isize: label => Some(label as i128);
    f32: _label => None;
    f64: _label => None;
}

macro_rules! signs {
    ($($variant:ident $t:ident),+) => {
        /// Labels of one type.
        #[doc(hidden)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Signs<'a> {
            $($variant(&'a [$t]),)+
        }

        $(
            impl private::Sealed for $t {}
            impl SignLabel for $t {
                #[inline]
                fn erase(labels: &[Self]) -> Signs<'_> {
                    Signs::$variant(labels)
                }
            }
        )+

        impl Signs<'_> {
            pub(super) fn len(&self) -> usize {
                match self {
                    $(Self::$variant(labels) => labels.len(),)+
                }
            }

            /// Whether the label of a row is 1, or -1; `None` if it is neither.
            pub(super) fn at(&self, row: usize) -> Option<bool> {
                match self {
                    $(Self::$variant(labels) => labels[row].sign(),)+
                }
            }

            /// Every label that is an integer, and that a mask keeps, is 1 or -1.
            pub(super) fn check(&self, mask: Option<&[bool]>) -> Result<(), LossError> {
                match self {
                    $(Self::$variant(labels) => check(labels, mask),)+
                }
            }
        }
    };
}
signs!(I8 i8, I16 i16, I32 i32, I64 i64, Isize isize, F32 f32, F64 f64);

fn check<L: Label>(labels: &[L], mask: Option<&[bool]>) -> Result<(), LossError> {
    let wrong = |(row, label): (usize, &L)| match label.sign() {
        None if is_kept(mask, row) => label.integer().map(|value| LossError::Label { row, value }),
        _ => None,
    };
    labels.iter().enumerate().find_map(wrong).map_or(Ok(()), Err)
}
