<CsoundSynthesizer>
; Bursts of noise, a filter, a tremolo, an echo, stereo Freeverb.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 2
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  anoise noise 1, 0
  ; 0.9995 to the number of frames since the burst began.
  alevel = exp(phasor:a(2) * (24000 * log(0.9995)))
  adry zdf_2pole anoise * alevel, 2000, 0.7071
  adry = adry * (0.75 + poscil:a(0.25, 5, 1))
  aold delayr 14400 / sr
  aecho = adry + aold * 0.5
  delayw aecho
  aleft, aright freeverb aecho, aecho, 0.5, 0.5
  outs aecho * 0.67 + aleft, aecho * 0.67 + aright
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
