//! How a program is rendered: by what kind of code, and what stands in its lanes. It tells, and chooses nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What renders a program, a group of programs, or the voices of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Way {
    /// The interpreter.
    Oracle,
    /// Machine code, one number at a time.
    Scalar,
    /// Vector code whose lanes are frames: one instance after the other.
    Frames {
        /// Numbers in a vector.
        lanes: usize,
        /// Instances.
        count: usize,
    },
    /// Vector code whose lanes are frames, into which what waits for the frame before is woven.
    Woven {
        /// Numbers in a vector.
        lanes: usize,
        /// Parts of the program that wait for the frame before.
        recursions: usize,
    },
    /// Vector code whose lanes are instances side by side.
    Instances {
        /// Numbers in a vector.
        lanes: usize,
        /// Instances, spread over as many vectors as they need.
        count: usize,
    },
    /// A program in pieces.
    Pieces {
        /// What runs first, where the voices share something.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Way>>,
        /// Groups of equal voices.
        voices: Vec<Way>,
        /// What is left of the program.
        rest: Box<Way>,
    },
    /// A program in stages, one after the other for a whole quantum.
    Stages {
        /// What renders each.
        stages: Vec<Way>,
    },
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Oracle => f.write_str("oracle"),
            Way::Scalar => f.write_str("scalar"),
            Way::Frames { lanes, count: 1 } => write!(f, "{lanes} lanes over time"),
            Way::Frames { lanes, count } => write!(f, "{count} in {lanes} lanes over time"),
            Way::Woven { lanes, recursions: 1 } => write!(f, "{lanes} lanes over time round a recursion"),
            Way::Woven { lanes, recursions } => write!(f, "{lanes} lanes over time round {recursions} recursions"),
            Way::Instances { lanes, count } => write!(f, "{count} in {lanes} lanes"),
            Way::Pieces { before, voices, rest } => {
                if let Some(before) = before {
                    write!(f, "first {before}, ")?;
                }
                voices.iter().try_for_each(|group| write!(f, "voices {group}, "))?;
                write!(f, "rest {rest}")
            }
            Way::Stages { stages } => stages
                .iter()
                .enumerate()
                .try_for_each(|(number, stage)| write!(f, "{}{stage}", if number == 0 { "" } else { ", then " })),
        }
    }
}
