//! How the operations of a backend are written: inlined, without loops, and with operators, so that formulas read like the
//! paper.

/// Functions that are inlined whatever they hold, but for builds where the compiler is only asked to: so it simplifies each
/// of them once instead of wherever it is inlined. With some optimisation, calls are then left on rare paths alone.
macro_rules! inlined {
    (asked if $asked:meta; $($(#[$meta:meta])* fn $name:ident($($argument:tt)*) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$meta])*
        #[cfg_attr($asked, inline)]
        #[cfg_attr(not($asked), inline(always))]
        fn $name($($argument)*) $(-> $out)? $body
    )*};
    (asked $($rest:tt)*) => { compile_error!("this kind of function is not known here"); };
    ($($functions:tt)*) => { $crate::lane::operators::inlined! { asked if quick_build; $($functions)* } };
}
pub(super) use inlined;

/// Implements `+ - * /` between vectors, and `+ - *` with a constant, by the four given expressions. They look like
/// closures and are none: a closure need not be inlined.
macro_rules! operators {
    (asked if $asked:meta; $vector:ty, $trait:ident, $method:ident, |$a:ident: $left:ty, $b:ident: $right:ty| $body:expr) => {
        impl core::ops::$trait for $vector {
            type Output = Self;
            $crate::lane::operators::inlined! {
                asked if $asked;
                fn $method(self, other: Self) -> Self {
                    let ($a, $b): ($left, $right) = (self, other);
                    $body
                }
            }
        }
        impl core::ops::$trait<f64> for $vector {
            type Output = Self;
            $crate::lane::operators::inlined! {
                asked if $asked;
                fn $method(self, other: f64) -> Self {
                    let ($a, $b): ($left, $right) = (self, crate::lane::Lane::of(self, other));
                    $body
                }
            }
        }
    };
    (asked $($rest:tt)*) => { compile_error!("this kind of operator is not known here"); };
    ($($operator:tt)*) => { $crate::lane::operators::operators!(asked if quick_build; $($operator)*); };
}
pub(super) use operators;

/// Does something for each `i` below a constant, `0 1 2 …` being those that it may be. A loop would be unrolled only after
/// all is inlined, in each formula anew, which takes long to compile.
macro_rules! unrolled {
    ($i:ident < $count:expr; $($place:literal)+ => $action:expr) => {
        const { assert!($count <= [$($place),+].len()) };
        $(if const { $place < $count } {
            let $i = $place;
            $action;
        })+
    };
}
pub(super) use unrolled;
