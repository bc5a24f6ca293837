//! A live-coding audio engine. The modules stand in reading order, from the building blocks up.

pub mod dsp;
pub mod heap;

pub mod helpers;
pub mod ir;

pub mod diagnostic;
pub mod reference;

pub mod analysis;
pub mod compile;
pub mod device;
pub mod engine;
pub mod memory;
pub mod music;
pub mod script;
pub mod watch;

pub mod session;
