//! What firmware needs in place of std: vectors, a reset, a panic handler, and a console through the debugger
//! (semihosting), which an emulator takes the part of.

use core::arch::{asm, naked_asm};

/// An entry of the vector table.
#[repr(C)]
union Vector {
    stack: *const u8,
    handler: extern "C" fn() -> !,
}

// SAFETY: the table is never written, and its addresses are constants.
unsafe impl Sync for Vector {}

unsafe extern "C" {
    static stack_top: u8;
}

/// The initial stack, the reset, and one handler for everything that can go wrong.
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [Vector; 16] = {
    const FAULT: Vector = Vector { handler: fault };
    let mut table = [FAULT; 16];
    table[0] = Vector { stack: &raw const stack_top };
    table[1] = Vector { handler: reset };
    table
};

/// Turns the floating-point unit on and runs the program. Memory starts as zeros on this board.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn reset() -> ! {
    naked_asm!(
        "movw r0, #0xed88",
        "movt r0, #0xe000",
        "ldr r1, [r0]",
        "orr r1, r1, #0xf00000",
        "str r1, [r0]",
        "dsb",
        "isb",
        "bl {run}",
        "udf #0",
        run = sym run
    )
}

extern "C" fn run() -> ! {
    exit(crate::main())
}

extern "C" fn fault() -> ! {
    exit(102)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    exit(101)
}

/// Asks the debugger for something.
fn semihosting(operation: usize, argument: *const u8) {
    // SAFETY: the operations below read their argument and change no memory.
    unsafe { asm!("bkpt 0xab", inout("r0") operation => _, in("r1") argument, options(nostack)) }
}

fn exit(code: i32) -> ! {
    const EXIT_EXTENDED: usize = 0x20;
    const APPLICATION_EXIT: usize = 0x2_0026;
    let block = [APPLICATION_EXIT, code as usize];
    loop {
        semihosting(EXIT_EXTENDED, (&raw const block).cast());
    }
}

pub(crate) struct Console;

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        const WRITE_CHARACTER: usize = 3;
        for byte in text.as_bytes() {
            semihosting(WRITE_CHARACTER, byte);
        }
        Ok(())
    }
}

/// The stack pointer.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let at: usize;
    // SAFETY: it only reads a register.
    unsafe { asm!("mov {}, sp", out(reg) at, options(nomem, nostack, preserves_flags)) };
    at
}
