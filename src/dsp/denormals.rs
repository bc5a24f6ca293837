//! The processor's mode that takes numbers below 2^-1022 for zero. It changes nothing else and never outlives its guard.

use std::marker::PhantomData;

/// While it lives, subnormal numbers of this thread count as zero, going in and coming out: a decaying filter costs the same when it is silent.
///
/// On processors without such a mode it does nothing. Neither allocates nor blocks. Audio thread, and control thread where constants are computed.
#[must_use = "the mode ends when the guard is dropped"]
#[derive(Debug)]
pub struct Flush {
    before: processor::Control,
    /// The mode belongs to a thread, so the guard must stay on it.
    thread: PhantomData<*const ()>,
}

impl Flush {
    /// Switches the mode on for this thread until the guard is dropped. Inside another guard it changes nothing, which takes next to
    /// no time.
    pub fn on() -> Flush {
        let before = processor::read();
        let guard = Flush { before, thread: PhantomData };
        if !guard.was_on() {
            processor::write(before | processor::FLUSH);
        }
        guard
    }

    fn was_on(&self) -> bool {
        self.before & processor::FLUSH == processor::FLUSH
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        if !self.was_on() {
            // Only the mode's own bits: exception flags raised meanwhile stay.
            processor::write((processor::read() & !processor::FLUSH) | (self.before & processor::FLUSH));
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod processor {
    use std::arch::asm;

    /// The register MXCSR.
    pub type Control = u32;
    /// Flush to zero (results) and denormals are zeros (operands).
    pub const FLUSH: Control = 0x8040;

    pub fn read() -> Control {
        let mut control: Control = 0;
        // SAFETY: `stmxcsr` is part of every x86-64 processor and writes the four bytes of `control`, which live on this frame.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack, preserves_flags)) };
        control
    }

    pub fn write(control: Control) {
        // SAFETY: the value was read from the register and differs in FLUSH only, so no exception is unmasked and the rounding stays.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod processor {
    use std::arch::asm;

    /// The register FPCR.
    pub type Control = u64;
    /// FZ: flush to zero, operands and results.
    pub const FLUSH: Control = 1 << 24;

    pub fn read() -> Control {
        let control: Control;
        // SAFETY: user code may read FPCR, and reading it changes nothing.
        unsafe { asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags)) };
        control
    }

    pub fn write(control: Control) {
        // SAFETY: the value was read from the register and differs in FLUSH only, so the rounding stays.
        unsafe { asm!("msr fpcr, {}", in(reg) control, options(nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod processor {
    /// There is no register.
    pub type Control = u32;
    /// There is no mode.
    pub const FLUSH: Control = 0;

    pub fn read() -> Control {
        0
    }

    pub fn write(_: Control) {}
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::hint::black_box;

    /// Half the smallest normal number, from normal operands.
    fn product() -> f64 {
        black_box(black_box(f64::MIN_POSITIVE) * black_box(0.5))
    }

    /// A subnormal number made normal.
    fn grown() -> f64 {
        black_box(black_box(f64::from_bits(1 << 51)) * black_box(4.0))
    }

    #[test]
    fn subnormal_numbers_are_zero_while_the_guard_lives_and_not_after() {
        assert!(product() > 0.0 && grown() > 0.0);
        let outer = black_box(Flush::on());
        assert_eq!((product().to_bits(), grown().to_bits()), (0, 0));
        drop(black_box(Flush::on()));
        assert_eq!(product().to_bits(), 0, "an inner guard ended the outer one");
        drop(outer);
        assert!(product() > 0.0 && grown() > 0.0);
    }
}
