<CsoundSynthesizer>
; 100 signals: band-limited saw, lowpass, tremolo, echo.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  knumber = 0
  while knumber < 100 do
    schedulek 2, 0, p3, knumber
    knumber += 1
  od
  turnoff
endin
instr 2
  avoice zdf_2pole vco2(1, 40 + 7 * p4), 400 + 40 * p4, 0.7071
  avoice = avoice * (0.75 + poscil:a(0.25, 0.5 + 0.05 * p4, 1))
  aold delayr (4800 + 137 * p4) / sr
  avoice = avoice + aold * 0.4
  delayw avoice
  out avoice * 0.01
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
