" Loads the files for Vim and Neovim and writes what they do to $FOUND: a line each.
set nocompatible
let &runtimepath = $EDITORS . '/vim,' . &runtimepath
filetype plugin on
syntax on
let g:aither_path = $AITHER
execute 'edit' fnameescape($SCRIPT)

let s:found = []
function! s:group(words, nth) abort
  call cursor(1, 1)
  let [l:line, l:column] = searchpos('\V' . a:words, 'c')
  return synIDattr(synID(l:line, l:column + a:nth, 1), 'name')
endfunction

call add(s:found, 'filetype ' . &filetype)
for [s:words, s:nth] in [['/// Makes', 0], ['fn loud', 0], ['fn loud', 3], ['register', 0], ['"a"', 0], ['osc(220', 0], ['220', 0], ['let name', 0], ['s.t', 0]]
  call add(s:found, s:words . ' ' . s:nth . ' ' . s:group(s:words, s:nth))
endfor
for s:base in ['lp', 's.t', 'lou', 'swit']
  call add(s:found, s:base . ' offers ' . join(map(aither#complete(0, s:base), {_, offer -> offer.word}), ' '))
endfor
let s:dotted = filter(aither#complete(0, 's'), {_, offer -> offer.word =~# '\.'})
call add(s:found, 's offers ' . len(s:dotted) . ' with a dot')
execute "normal! Goosc(440).phas\<C-x>\<C-o>\<Esc>"
call add(s:found, 'typed ' . getline('.'))
undo

function! s:problems() abort
  if has('nvim')
    let l:all = luaeval('vim.diagnostic.get(0)')
    let l:places = map(l:all, {_, one -> [one.lnum + 1, one.col + 1, one.end_col + 1]})
  else
    let l:places = map(getloclist(0), {_, one -> [one.lnum, one.col, one.end_col]})
  endif
  return map(sort(l:places, 'n'), {_, place -> join(place)})
endfunction
function! s:check(wanted) abort
  call aither#check()
  if has('nvim')
    " The check runs beside the editor.
    call wait(20000, {-> len(s:problems()) == a:wanted})
  endif
  return 'problems ' . join(sort(s:problems()), ', ')
endfunction
call add(s:found, s:check(2))
" Not saved: what stands in the buffer counts.
call setline(3, substitute(getline(3), 'oscc', 'osc', ''))
call add(s:found, s:check(1))
call writefile(s:found, $FOUND)
qall!
