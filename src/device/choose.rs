//! Which of the formats that a device offers is played. Asks no device.

use cpal::{BufferSize, SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};

/// Sample formats that sound can be written in, the best first.
const FORMATS: [SampleFormat; 12] = [
    SampleFormat::F32,
    SampleFormat::F64,
    SampleFormat::I32,
    SampleFormat::I24,
    SampleFormat::U32,
    SampleFormat::U24,
    SampleFormat::I16,
    SampleFormat::U16,
    SampleFormat::I64,
    SampleFormat::U64,
    SampleFormat::I8,
    SampleFormat::U8,
];

/// A rate that carries all that can be heard, in hertz.
const HEARD: u32 = 44_100;

/// The format a device is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Frames per second.
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) format: SampleFormat,
    pub(super) buffer: BufferSize,
}

/// Whether sound can be written in this format; bit streams cannot.
pub(super) fn writable(offer: &SupportedStreamConfigRange) -> bool {
    FORMATS.contains(&offer.sample_format()) && offer.channels() > 0
}

/// Chooses among `offers`: the rate itself or else the nearest, then the nearest channel count, then the finest format.
/// `None` where sound can be written in none of them.
pub(super) fn choose(offers: &[SupportedStreamConfigRange], rate: u32, channels: u16, frames: u32) -> Option<Choice> {
    let writable = offers.iter().filter(|offer| writable(offer));
    let at = |offer: &SupportedStreamConfigRange| rate.max(offer.min_sample_rate()).min(offer.max_sample_rate());
    let best = writable.min_by_key(|offer| {
        (detour(at(offer), rate), distance(offer.channels(), channels), rank(offer.sample_format()))
    });
    best.map(|offer| Choice {
        rate: at(offer),
        channels: offer.channels(),
        format: offer.sample_format(),
        buffer: buffer(offer.buffer_size(), frames),
    })
}

/// The rate to play at when nobody asked for one: `usual` if it is offered, else the device's own, else the highest.
pub(super) fn rate(offers: &[SupportedStreamConfigRange], own: Option<u32>, usual: u32) -> Option<u32> {
    let offered = |rate: &u32| offers.iter().any(|offer| writable(offer) && offer.contains_rate(*rate));
    let highest = offers.iter().filter(|offer| writable(offer)).map(|offer| offer.max_sample_rate()).max();
    Some(usual).filter(offered).or(own.filter(offered)).or(highest)
}

/// All ranges of rates among `offers`, each once, ascending.
pub(super) fn rates(offers: &[SupportedStreamConfigRange]) -> Vec<[u32; 2]> {
    let mut rates: Vec<_> = offers.iter().map(|offer| [offer.min_sample_rate(), offer.max_sample_rate()]).collect();
    rates.sort_unstable();
    rates.dedup();
    rates
}

/// The buffer to ask for: always a fixed one, because a device's own choice can be seconds long.
fn buffer(range: &SupportedBufferSize, frames: u32) -> BufferSize {
    BufferSize::Fixed(match *range {
        SupportedBufferSize::Range { min, max } => frames.clamp(min.max(1), max.max(min).max(1)),
        SupportedBufferSize::Unknown => frames.max(1),
    })
}

/// The nearest rate, but none that cuts off what can be heard while another one does not.
fn detour(offered: u32, wanted: u32) -> (bool, u32) {
    (offered < wanted.min(HEARD), offered.abs_diff(wanted))
}

/// More channels than wanted can stay silent; fewer lose some.
fn distance(offered: u16, wanted: u16) -> (bool, u16) {
    (offered < wanted, offered.abs_diff(wanted))
}

fn rank(format: SampleFormat) -> usize {
    FORMATS.iter().position(|known| *known == format).unwrap_or(FORMATS.len())
}

/// Lists a device's formats, the best first.
pub(super) fn formats(offers: &[SupportedStreamConfigRange]) -> Vec<String> {
    let mut formats: Vec<_> =
        offers.iter().filter(|offer| writable(offer)).map(|offer| offer.sample_format()).collect();
    formats.sort_unstable_by_key(|format| rank(*format));
    formats.dedup();
    formats.iter().map(ToString::to_string).collect()
}

/// Lists a device's channel counts, ascending.
pub(super) fn channels(offers: &[SupportedStreamConfigRange]) -> Vec<u16> {
    let mut channels: Vec<_> = offers.iter().map(|offer| offer.channels()).collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

/// The fewest and most frames per callback over all offers that tell.
pub(super) fn buffers(offers: &[SupportedStreamConfigRange]) -> Option<[u32; 2]> {
    let told = offers.iter().filter_map(|offer| match *offer.buffer_size() {
        SupportedBufferSize::Range { min, max } => Some([min, max]),
        SupportedBufferSize::Unknown => None,
    });
    told.reduce(|[low, high], [min, max]| [low.min(min), high.max(max)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(channels: u16, low: u32, high: u32, format: SampleFormat) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, low, high, SupportedBufferSize::Range { min: 64, max: 256 }, format)
    }

    #[test]
    fn float_is_preferred_and_integers_are_taken_where_there_is_no_float() {
        let both = [offer(2, 44_100, 48_000, SampleFormat::I16), offer(2, 48_000, 48_000, SampleFormat::F32)];
        assert_eq!(choose(&both, 48_000, 2, 512).unwrap().format, SampleFormat::F32);
        assert_eq!(choose(&both, 44_100, 2, 512).unwrap().format, SampleFormat::I16);
    }

    #[test]
    fn the_nearest_channel_count_that_loses_nothing_comes_first() {
        let offers = [1, 4, 8].map(|channels| offer(channels, 48_000, 48_000, SampleFormat::I16));
        assert_eq!(choose(&offers, 48_000, 2, 512).unwrap().channels, 4);
        assert_eq!(choose(&offers[..1], 48_000, 2, 512).unwrap().channels, 1);
    }

    #[test]
    fn the_buffer_is_fixed_and_within_the_limits() {
        let offers = [offer(2, 48_000, 48_000, SampleFormat::F32)];
        assert_eq!(choose(&offers, 48_000, 2, 512).unwrap().buffer, BufferSize::Fixed(256));
        assert_eq!(choose(&offers, 48_000, 2, 1).unwrap().buffer, BufferSize::Fixed(64));
        assert_eq!(buffer(&SupportedBufferSize::Unknown, 512), BufferSize::Fixed(512));
    }

    #[test]
    fn where_a_rate_is_not_offered_the_nearest_that_can_be_heard_in_full_is_taken() {
        let offers = [offer(2, 44_100, 44_100, SampleFormat::F32), offer(2, 22_050, 22_050, SampleFormat::F32)];
        assert_eq!(choose(&offers, 48_000, 2, 512).unwrap().rate, 44_100);
        assert_eq!(choose(&offers, 24_000, 2, 512).unwrap().rate, 44_100, "22 050 Hz would cut off what is there");
        assert_eq!(choose(&offers[1..], 48_000, 2, 512).unwrap().rate, 22_050);
        let wide = [offer(2, 88_200, 192_000, SampleFormat::I16), offer(2, 8_000, 32_000, SampleFormat::F32)];
        assert_eq!(choose(&wide, 48_000, 2, 512).unwrap().rate, 88_200);
        assert_eq!(choose(&wide, 96_000, 2, 512).unwrap().rate, 96_000);
        assert_eq!(rate(&offers, None, 48_000), Some(44_100));
        assert_eq!(rate(&offers, Some(22_050), 48_000), Some(22_050));
    }

    #[test]
    fn bit_streams_are_not_sound() {
        let offers = [offer(2, 48_000, 48_000, SampleFormat::DsdU8)];
        assert_eq!(choose(&offers, 48_000, 2, 512), None);
        assert_eq!(rate(&offers, Some(48_000), 48_000), None);
    }
}
