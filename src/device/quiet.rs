//! Keeps the ALSA library from writing to the terminal. Hides no error: each comes back to the caller as a value.

/// From here on the ALSA library prints nothing, on any thread.
#[cfg(target_os = "linux")]
pub(super) fn hush() {
    use alsa_sys::{snd_lib_error_handler_t, snd_lib_error_set_handler};
    use std::ffi::{c_char, c_int};
    use std::sync::Once;

    /// The fixed part of a message handler's arguments; the rest is not looked at.
    type Fixed = unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char);

    unsafe extern "C" fn nothing(_: *const c_char, _: c_int, _: *const c_char, _: c_int, _: *const c_char) {}

    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        // SAFETY: the caller cleans up a variadic call in the C conventions of Linux, so a function that looks at no
        // variable argument may stand in for one that could; the handler is set before any other ALSA call.
        unsafe {
            let handler = std::mem::transmute::<Fixed, snd_lib_error_handler_t>(nothing);
            snd_lib_error_set_handler(handler);
        }
    });
}

/// Only ALSA talks to the terminal.
#[cfg(not(target_os = "linux"))]
pub(super) fn hush() {}
