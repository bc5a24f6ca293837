" Rhai scripts for Aither. The words come from autoload/aither/words.json.
if exists('b:current_syntax')
  finish
endif

let s:groups = {
      \ 'helper': 'rhaiHelper', 'math': 'rhaiMath', 'language': 'rhaiWord', 'constant': 'rhaiConstant',
      \ 'keyword': 'rhaiKeyword', 'literal': 'rhaiLiteral',
      \ }
for s:offer in aither#words()
  if has_key(s:groups, s:offer.kind)
    " Some of the words are options of `:syntax keyword` too, so each is matched.
    let s:call = index(['helper', 'math', 'language'], s:offer.kind) >= 0 ? '\ze\s*(' : ''
    execute 'syntax match' s:groups[s:offer.kind] '/\<' . s:offer.word . '\>' . s:call . '/'
  endif
endfor
unlet s:groups s:offer s:call

syntax match rhaiFunction /\%(\<fn\s\+\)\@<=\h\w*/
syntax match rhaiNumber /\<\%(0x[0-9a-fA-F_]\+\|0b[01_]\+\|0o[0-7_]\+\|\d[0-9_]*\%(\.\d[0-9_]*\)\?\%([eE][-+]\?\d\+\)\?\)\>/
syntax match rhaiWorld /\<s\.\h\w*/
syntax match rhaiEscape /\\./ contained
syntax region rhaiString start=/"/ skip=/\\./ end=/"/ contains=rhaiEscape
syntax match rhaiCharacter /'\%(\\.\|[^'\\]\)'/
syntax region rhaiInside matchgroup=rhaiEscape start=/\${/ end=/}/ contained contains=TOP
syntax region rhaiString start=/`/ end=/`/ contains=rhaiInside
syntax match rhaiComment +//.*$+ contains=@Spell
syntax match rhaiAbout +///.*$+ contains=@Spell
syntax region rhaiComment start=+/\*+ end=+\*/+ contains=rhaiComment,@Spell

highlight default link rhaiHelper Function
highlight default link rhaiMath Function
highlight default link rhaiWord Statement
highlight default link rhaiConstant Constant
highlight default link rhaiKeyword Keyword
highlight default link rhaiLiteral Boolean
highlight default link rhaiFunction Identifier
highlight default link rhaiNumber Number
highlight default link rhaiWorld Special
highlight default link rhaiEscape SpecialChar
highlight default link rhaiString String
highlight default link rhaiCharacter Character
highlight default link rhaiComment Comment
highlight default link rhaiAbout SpecialComment

let b:current_syntax = 'rhai'
