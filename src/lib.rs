//! A live-coding audio engine. The modules stand in reading order, from the building blocks up.

pub mod diagnostic;
pub mod dsp;
pub mod helpers;
pub mod ir;
pub mod reference;
pub mod script;
