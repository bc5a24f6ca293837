//! Lines over a stream that does not block: never longer than they may be, never waited for longer than is wanted.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::thread::sleep;
use std::time::Duration;

use interprocess::local_socket::Stream;

/// How long a peer may take for a line, to write it or to take it.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How often a stream is looked at that has nothing to give or takes nothing.
const LOOK: Duration = Duration::from_millis(1);

/// Why there is no line.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// The peer is gone.
    Gone,
    /// It took too long.
    Late,
    /// It is longer than it may be.
    Long,
    /// It is no UTF-8.
    NotText,
}

/// A stream as lines.
pub struct Lines<S = Stream> {
    stream: S,
    /// What was read and not yet given.
    held: Vec<u8>,
    /// How much of it is known to have no end of a line.
    searched: usize,
}

impl<S: Read + Write> Lines<S> {
    /// The lines of a stream.
    pub fn new(stream: S) -> Lines<S> {
        Lines { stream, held: Vec::new(), searched: 0 }
    }

    /// The next line, without its end, of at most `most` bytes.
    pub fn next(&mut self, most: usize, too_late: impl Fn() -> bool) -> Result<String, Broken> {
        let mut piece = [0; 4096];
        loop {
            let end = self.held[self.searched..].iter().position(|byte| *byte == b'\n');
            let length = end.map_or(self.held.len(), |end| self.searched + end);
            if length > most {
                return Err(Broken::Long);
            }
            self.searched = length;
            if end.is_some() {
                return self.take(length);
            }
            // Also for a peer that gives a byte now and then.
            if too_late() {
                return Err(Broken::Late);
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(Broken::Gone),
                Ok(read) => self.held.extend_from_slice(&piece[..read]),
                Err(error) => pause(&error)?,
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<String, Broken> {
        let rest = self.held.split_off(length + 1);
        let mut line = mem::replace(&mut self.held, rest);
        line.truncate(length);
        self.searched = 0;
        String::from_utf8(line).map_err(|_| Broken::NotText)
    }

    /// Writes a line and its end.
    pub fn write(&mut self, line: &str, too_late: impl Fn() -> bool) -> Result<(), Broken> {
        let whole = [line.as_bytes(), b"\n"].concat();
        let mut rest = &whole[..];
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => return Err(Broken::Gone),
                Ok(written) => rest = &rest[written..],
                Err(_) if too_late() => return Err(Broken::Late),
                Err(error) => pause(&error)?,
            }
        }
        Ok(())
    }
}

/// Waits a moment where that can help.
fn pause(error: &io::Error) -> Result<(), Broken> {
    match error.kind() {
        ErrorKind::WouldBlock => sleep(LOOK),
        ErrorKind::Interrupted => {}
        _ => return Err(Broken::Gone),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A peer that says its pieces one by one, and then is gone.
    struct Peer(Vec<&'static [u8]>);

    impl Read for Peer {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let piece = if self.0.is_empty() { &[][..] } else { self.0.remove(0) };
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    impl Write for Peer {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(pieces: &[&'static [u8]], most: usize) -> Vec<Result<String, Broken>> {
        let mut lines = Lines::new(Peer(pieces.to_vec()));
        let mut all = Vec::new();
        loop {
            let next = lines.next(most, || false);
            let over = next.is_err();
            all.push(next);
            if over {
                return all;
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let whole = [Ok("ab".to_owned()), Ok(String::new()), Ok("ö".to_owned()), Err(Broken::Gone)];
        assert_eq!(lines(&[b"ab\n\n\xc3\xb6\nrest"], 8), whole);
        assert_eq!(lines(&[b"a", b"b", b"\n", b"\n\xc3", b"\xb6\n"], 8), whole);
    }

    #[test]
    fn what_is_no_line_is_told_apart() {
        assert_eq!(lines(&[b"12345678\n123456789\n"], 8), [Ok("12345678".to_owned()), Err(Broken::Long)]);
        assert_eq!(lines(&[b"1234", b"56789"], 8), [Err(Broken::Long)]);
        assert_eq!(lines(&[b"\xff\n"], 8), [Err(Broken::NotText)]);
        let late = Lines::new(Peer(vec![b"a", b"b", b"c"])).next(8, || true);
        assert_eq!(late, Err(Broken::Late), "however much comes");
        assert_eq!(Lines::new(Peer(vec![])).write("x", || true), Err(Broken::Late));
    }
}
