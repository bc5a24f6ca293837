//! All integration tests, in one binary.

mod analysis;
mod apart;
mod arguments;
mod audit;
mod bad_input;
mod beats;
mod claims;
mod claims_space;
mod cli;
mod closure_rulings;
mod closures;
mod code;
mod compaction;
mod config;
#[cfg(target_os = "linux")]
mod console;
mod course;
#[cfg(target_os = "linux")]
mod device;
mod diagnostic;
mod doctor;
mod dominance;
mod echoes;
#[cfg(target_os = "linux")]
mod edge;
mod editors;
mod engine;
mod examples;
mod front;
mod golden;
#[cfg(target_os = "linux")]
mod guard;
mod health;
mod heap;
mod huge;
mod identity;
mod identity_random;
mod lanes;
mod laws;
mod lent;
#[cfg(target_os = "linux")]
mod listen;
#[cfg(target_os = "linux")]
mod live;
#[cfg(target_os = "linux")]
mod live_device;
#[cfg(target_os = "linux")]
mod live_edit;
#[cfg(target_os = "linux")]
mod live_report;
mod math;
mod math_operations;
mod messages;
mod night;
mod noises;
mod own;
mod pieces;
mod pitches;
mod played;
mod poly;
mod pool;
mod printed;
mod program_memory;
mod programs;
#[cfg(target_os = "linux")]
mod pulse;
mod random;
mod recording;
mod reference;
#[cfg(target_os = "linux")]
mod replay_live;
mod response;
mod rest;
#[cfg(target_os = "linux")]
mod resume;
#[cfg(target_os = "linux")]
mod rig;
mod rtsan;
mod rules;
mod rulings;
mod script_limits;
mod scripted;
mod scripted_laws;
mod session;
mod setup;
mod shapers;
mod shapes;
mod sight;
mod soak;
mod sources;
mod spaces;
mod stand;
#[cfg(target_os = "linux")]
mod stats;
mod tidy;
mod view;
mod watch;
mod waves;
mod woven;
