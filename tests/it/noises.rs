//! Noise and chance, measured over long times. Which helpers promise what stands in the declarations.

use aither::helpers::Helper;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::claims::{Kept, RATES, call, decibels, hold, window};
use crate::stand::{Dice, Fed, render};

/// A minute in seconds.
const MINUTE: f64 = 60.0;

pub fn tilt(helper: &'static Helper, slope: f64, from: f64) -> Kept {
    const FRAMES: usize = 1 << 14;
    for rate in RATES {
        let sound = render(helper, rate, &[], (MINUTE * rate) as usize).remove(0);
        let fft = FftPlanner::new().plan_fft_forward(FRAMES);
        let mut power = vec![0.0; FRAMES / 2];
        let mut part = vec![Complex::default(); FRAMES];
        for start in (0..sound.len() - FRAMES).step_by(FRAMES / 2) {
            for (at, bin) in part.iter_mut().enumerate() {
                *bin = Complex::new(sound[start + at] * window(at, FRAMES), 0.0);
            }
            fft.process(&mut part);
            power.iter_mut().zip(&part).for_each(|(power, bin)| *power += bin.norm_sqr());
        }
        // Bands of an octave, or of four widths of the window where that is more; each beside what the slope says of its bins.
        let width = rate / FRAMES as f64;
        let mut bands = Vec::new();
        let mut low = from.max(8.0 * width);
        while low < 17_000.0 {
            let high = (low * 2.0).min(18_000.0);
            let bins = (low / width).ceil() as usize..(high / width) as usize;
            let found = bins.clone().map(|bin| power[bin]).sum::<f64>();
            let wanted = bins.map(|bin| (bin as f64 * width / 1000.0).powf(slope / 3.0103)).sum::<f64>();
            bands.push((low, decibels(found / wanted) / 2.0));
            low = high;
        }
        let mean = bands.iter().map(|(_, level)| level).sum::<f64>() / bands.len() as f64;
        let wrong = bands.iter().find(|(_, level)| (level - mean).abs() > 0.5);
        hold(wrong.is_none(), || format!("at {rate}, levels from the mean {mean}: {bands:?}"))?;
    }
    Ok(())
}

pub fn happens(helper: &'static Helper, argument: &str, percent: f64) -> Kept {
    let mut dice = Dice::new(11);
    for rate in RATES {
        for often in [3.0, 100.0, 1700.0] {
            // What can be left out is.
            let mut fed = call(helper, &mut dice, &Fed::Number(0.0), &[(argument, often)]);
            fed.truncate(helper.required());
            let sound = render(helper, rate, &fed, (MINUTE * rate) as usize).remove(0);
            let news = sound.windows(2).filter(|pair| pair[1] != pair[0] && pair[1] != 0.0).count() as f64 / MINUTE;
            // Chance is as uneven as the root of how often it strikes, and a count ends within one.
            let give =
                often * percent / 100.0 + 1.0 / MINUTE + if percent < 1.0 { 0.0 } else { (often / MINUTE).sqrt() };
            hold((news - often).abs() <= give, || format!("{often} per second at {rate}: found {news}"))?;
        }
    }
    Ok(())
}
