//! The outline of a sound for a picture. It measures nothing.

/// How many pieces an outline has at most.
pub const COLUMNS: usize = 560;

/// The least and the largest sample of each piece of a sound, over all its channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Least and largest, piece by piece, in order of time.
    pub columns: Vec<[f64; 2]>,
    total: u64,
    heard: u64,
}

impl Wave {
    /// Of a sound of so many frames.
    pub fn new(total: u64) -> Wave {
        let columns = vec![[f64::INFINITY, f64::NEG_INFINITY]; (COLUMNS as u64).min(total) as usize];
        Wave { columns, total, heard: 0 }
    }

    /// Some frames pass: a slice for each channel, equally long.
    pub fn hear(&mut self, block: &[&[f64]]) {
        let count = self.columns.len() as u64;
        for frame in 0..block.first().map_or(0, |channel| channel.len()) {
            let at = (self.heard * count / self.total.max(1)) as usize;
            self.heard += 1;
            let Some([least, largest]) = self.columns.get_mut(at) else { return };
            for channel in block {
                *least = least.min(channel[frame]);
                *largest = largest.max(channel[frame]);
            }
        }
    }

    /// The outline in so many pieces.
    pub fn pieces(&self, count: usize) -> Vec<[f64; 2]> {
        let all = self.columns.len();
        let piece = |at: usize| {
            let first = at * all / count;
            let columns = &self.columns[first..((at + 1) * all / count).max(first + 1).min(all)];
            let heard = columns.iter().filter(|[least, largest]| least <= largest);
            heard.copied().reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]).unwrap_or([0.0, 0.0])
        };
        (0..if all == 0 { 0 } else { count }).map(piece).collect()
    }
}
