<CsoundSynthesizer>
; 256 partials, each with an amplitude that moves at audio rate; the sines are read from a table.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  kpartial = 1
  while kpartial <= 256 do
    schedulek 2, 0, p3, kpartial
    kpartial += 1
  od
  turnoff
endin
instr 2
  aswell poscil 0.5, 0.05 + 0.003 * (p4 - 1), 1
  out poscil:a(0.15 / p4, 55 * p4, 1) * (0.5 + aswell)
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
