<CsoundSynthesizer>
; 16 Lorenz systems, one step per sample.
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
gisine ftgen 1, 0, 65536, 10, 1
opcode lorenz1, a, i
  setksmps 1
  inumber xin
  kx init 1 + 0.01 * inumber
  ky init 1
  kz init 1
  kdt = 0.004 * (1 + 0.05 * inumber)
  knx = kx + kdt * 10 * (ky - kx)
  kny = ky + kdt * (kx * (28 - kz) - ky)
  knz = kz + kdt * (kx * ky - 8 / 3 * kz)
  kx = knx
  ky = kny
  kz = knz
  aout = kx
  xout aout
endop
instr 1
  knumber = 0
  while knumber < 16 do
    schedulek 2, 0, p3, knumber
    knumber += 1
  od
  turnoff
endin
instr 2
  out lorenz1(p4) * 0.005
endin
</CsInstruments>
<CsScore>
i 1 0 $SECONDS
</CsScore>
</CsoundSynthesizer>
