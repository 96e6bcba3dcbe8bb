//! What a program needs in place of std and libc: an entry, an exit, a panic handler and the memory functions that
//! compiled code calls.

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("the entry and the exit are written for Linux on x86-64");

use core::arch::{asm, naked_asm};

/// Aligns the stack and runs the program.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn _start() {
    naked_asm!("and rsp, -16", "call {run}", "ud2", run = sym run)
}

extern "C" fn run() -> ! {
    exit(crate::main())
}

fn exit(code: i32) -> ! {
    // SAFETY: the system call `exit` takes one number and does not return.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") code, options(noreturn)) }
}

/// Standard output.
pub(crate) struct Console;

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        // SAFETY: the system call `write` reads the text and changes no memory; it clobbers rax, rcx and r11.
        unsafe {
            asm!("syscall", inlateout("rax") 1_usize => _, in("rdi") 1, in("rsi") text.as_ptr(), in("rdx") text.len(),
                out("rcx") _, out("r11") _, options(nostack))
        };
        Ok(())
    }
}

/// The stack pointer.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let at: usize;
    // SAFETY: it only reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) at, options(nomem, nostack, preserves_flags)) };
    at
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    exit(101)
}

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    // SAFETY: the caller gives `n` readable and `n` writable bytes that do not overlap.
    unsafe { asm!("rep movsb", inout("rcx") n => _, inout("rdi") to => _, inout("rsi") from => _) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= n {
        // SAFETY: as the caller promises, and a copy upwards never reads what it has written.
        return unsafe { memcpy(to, from, n) };
    }
    let (last_to, last_from) = (to.wrapping_add(n).wrapping_sub(1), from.wrapping_add(n).wrapping_sub(1));
    // SAFETY: as the caller promises; the copy runs downwards and the direction flag is cleared again.
    unsafe {
        asm!("std", "rep movsb", "cld", inout("rcx") n => _, inout("rdi") last_to => _, inout("rsi") last_from => _)
    };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8 {
    // SAFETY: the caller gives `n` writable bytes.
    unsafe { asm!("rep stosb", inout("rcx") n => _, inout("rdi") to => _, in("al") byte.to_le_bytes()[0]) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    for i in 0..n {
        // SAFETY: the caller gives `n` readable bytes on both sides.
        let (a, b) = unsafe { (*a.add(i), *b.add(i)) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    // SAFETY: the contract is the same.
    unsafe { memcmp(a, b, n) }
}
