<CsoundSynthesizer>
; 32 voices: a band-limited saw through a trapezoidal lowpass of Q 4 whose cutoff moves at audio rate.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  kvoice = 0
  while kvoice < 32 do
    schedulek 2, 0, p3, kvoice
    kvoice += 1
  od
  turnoff
endin
instr 2
  acutoff poscil 1000, 0.1 + 0.07 * p4, 1
  asaw vco2 0.02, 55 * 2 ^ (p4 / 12)
  out zdf_2pole(asaw, 1200 + acutoff, 4)
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
