<CsoundSynthesizer>
; 64 sine operators, each with its own last output added to its phase: one frame per pass.
<CsInstruments>
sr = 48000
ksmps = 1
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  knumber = 0
  while knumber < 64 do
    schedulek 2, 0, p3, knumber
    knumber += 1
  od
  turnoff
endin
instr 2
  klast init 0
  kphase init 0
  kphase = frac(kphase + 55 * (1 + 0.25 * p4) / sr)
  klast = sin(2 * $M_PI * kphase + klast)
  aout = klast * (0.5 / 64)
  out aout
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
