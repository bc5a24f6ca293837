//! What the system is asked about pages: their size, who may write or execute them, and that new code is seen. It owns none.

use std::ffi::c_void;
use std::io;

/// What may be done with a page; reading is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Written, not executed.
    Write,
    /// Executed, not written.
    Execute,
}

#[cfg(unix)]
mod system {
    use super::{Access, c_void, io};
    use std::ffi::c_int;

    unsafe extern "C" {
        fn getpagesize() -> c_int;
        fn mprotect(address: *mut c_void, len: usize, protection: c_int) -> c_int;
    }

    pub fn size() -> usize {
        // SAFETY: it has no preconditions.
        unsafe { getpagesize() as usize }
    }

    /// macOS on arm64 allows this way from writable to executable to processes without the hardened runtime;
    /// `MAP_JIT` is for pages that are both at once, which there are none of here.
    pub unsafe fn protect(address: *mut u8, len: usize, access: Access) -> io::Result<()> {
        const READ: c_int = 1;
        const WRITE: c_int = 2;
        const EXECUTE: c_int = 4;
        let protection = match access {
            Access::Write => READ | WRITE,
            Access::Execute => READ | EXECUTE,
        };
        // SAFETY: the caller owns these pages.
        let status = unsafe { mprotect(address.cast(), len, protection) };
        if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(windows)]
mod system {
    use super::{Access, c_void, io};

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn VirtualProtect(address: *mut c_void, len: usize, protection: u32, old: *mut u32) -> i32;
    }

    pub fn size() -> usize {
        4096
    }

    pub unsafe fn protect(address: *mut u8, len: usize, access: Access) -> io::Result<()> {
        const READ_WRITE: u32 = 0x04;
        const EXECUTE_READ: u32 = 0x20;
        let protection = match access {
            Access::Write => READ_WRITE,
            Access::Execute => EXECUTE_READ,
        };
        let mut old = 0;
        // SAFETY: the caller owns these pages.
        let status = unsafe { VirtualProtect(address.cast(), len, protection, &mut old) };
        if status != 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Bytes of a page.
pub fn size() -> usize {
    system::size()
}

/// Says what may be done with whole pages.
///
/// # Safety
/// The pages are the caller's, whole, and nobody uses them otherwise meanwhile.
pub unsafe fn protect(address: *mut u8, len: usize, access: Access) -> io::Result<()> {
    // SAFETY: passed on from the caller.
    unsafe { system::protect(address, len, access) }
}

/// Makes sure that processors fetch what was written. x86 sees to it itself, and elsewhere there is no native code.
///
/// # Safety
/// The bytes are readable.
#[cfg(not(target_arch = "aarch64"))]
pub unsafe fn publish(_address: *mut u8, _len: usize) {}

/// Makes sure that processors fetch what was written.
///
/// # Safety
/// The bytes are readable.
#[cfg(all(target_arch = "aarch64", target_vendor = "apple"))]
pub unsafe fn publish(address: *mut u8, len: usize) {
    unsafe extern "C" {
        fn sys_icache_invalidate(address: *mut c_void, len: usize);
    }
    // SAFETY: passed on from the caller.
    unsafe { sys_icache_invalidate(address.cast(), len) }
}

/// Makes sure that processors fetch what was written.
///
/// # Safety
/// The bytes are readable.
#[cfg(all(target_arch = "aarch64", windows))]
pub unsafe fn publish(address: *mut u8, len: usize) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetCurrentProcess() -> *mut c_void;
        fn FlushInstructionCache(process: *mut c_void, address: *const c_void, len: usize) -> i32;
    }
    // SAFETY: passed on from the caller.
    unsafe { FlushInstructionCache(GetCurrentProcess(), address.cast(), len) };
}

/// Makes sure that processors fetch what was written: the sequence of the Arm manual, B2.7.4.2, line by line.
///
/// # Safety
/// The bytes are readable.
#[cfg(all(target_arch = "aarch64", unix, not(target_vendor = "apple")))]
pub unsafe fn publish(address: *mut u8, len: usize) {
    use std::arch::asm;
    let (start, end) = (address as usize, address as usize + len);
    let kind: u64;
    // SAFETY: user space may read the kind of cache and clean and invalidate lines that it may read.
    unsafe {
        asm!("mrs {}, ctr_el0", out(reg) kind, options(nostack, preserves_flags));
        let line = |shift: u64| 4usize << ((kind >> shift) & 15);
        for at in (start & !(line(16) - 1)..end).step_by(line(16)) {
            asm!("dc cvau, {}", in(reg) at, options(nostack, preserves_flags));
        }
        asm!("dsb ish", options(nostack, preserves_flags));
        for at in (start & !(line(0) - 1)..end).step_by(line(0)) {
            asm!("ic ivau, {}", in(reg) at, options(nostack, preserves_flags));
        }
        asm!("dsb ish", "isb", options(nostack, preserves_flags));
    }
}
