<CsoundSynthesizer>
; One sine, read from a table.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
instr 1
  out poscil:a(0.3, 440, 1)
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
