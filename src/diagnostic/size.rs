//! Sizes of memory as people write and read them: `64MiB`. Powers of two only mean themselves; `MB` is a million.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(usize);

const UNITS: [(&str, f64); 8] = [
    ("GiB", 1024.0 * 1024.0 * 1024.0),
    ("MiB", 1024.0 * 1024.0),
    ("KiB", 1024.0),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("KB", 1e3),
    ("B", 1.0),
];

impl Size {
    /// So many bytes.
    pub fn of(bytes: usize) -> Size {
        Size(bytes)
    }

    /// As bytes.
    pub fn bytes(self) -> usize {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let text = text.trim();
        let unit = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
        let (number, factor) = unit.unwrap_or((text, 1.0));
        let number = number.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        match number.map(|number| number * factor) {
            Some(bytes) if bytes <= isize::MAX as f64 => Ok(Size(bytes as usize)),
            _ => Err(format!("`{text}` is no size; write it like 64MiB, 512KiB or 1000000")),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units.into_iter().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// A number of bytes to be read, to one decimal: `1.5 KiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
        // The largest unit of which there is one after rounding, so that 1023.99 KiB is 1 MiB.
        let tenths = |factor: u64| (self.0 as f64 * 10.0 / factor as f64).round();
        let (unit, factor) = units.into_iter().find(|(_, factor)| tenths(*factor) >= 10.0).unwrap_or(("B", 1));
        f.pad(&format!("{} {unit}", tenths(factor) / 10.0))
    }
}
