" What is known of the words of a script, and what `aither check` says of one, for Vim 8.2 and Neovim 0.7 or later.
"
" g:aither_path    the program that checks scripts; 'aither'
" g:aither_folder  the folder that is played, as `aither run` gets it: a script in it is checked together with all
"                  others; without it each is checked alone
" g:aither_no_maps no key is mapped

let s:here = expand('<sfile>:p:h')
let s:words = []

" Every word: a list of dictionaries with word, kind, signature, about and example.
function! aither#words() abort
  if empty(s:words)
    let s:words = json_decode(join(readfile(s:here . '/aither/words.json'), "\n"))
  endif
  return s:words
endfunction

" The functions that the buffer defines.
function! s:own() abort
  let l:own = []
  for l:line in getline(1, '$')
    let l:found = matchlist(l:line, '^\s*\%(private\s\+\)\?fn\s\+\(\h\w*\)\s*\(([^)]*)\)')
    if !empty(l:found)
      call add(l:own, {'word': l:found[1], 'kind': 'own', 'signature': l:found[1] . l:found[2], 'about': '', 'example': ''})
    endif
  endfor
  return l:own
endfunction

" What is told of a word.
function! s:told(offer) abort
  let l:parts = [a:offer.signature, a:offer.about, a:offer.example]
  return join(filter(l:parts, {_, part -> part !=# ''}), "\n\n")
endfunction

" For 'omnifunc'. After `s.` it offers what a closure sees.
function! aither#complete(findstart, base) abort
  if a:findstart
    return match(strpart(getline('.'), 0, col('.') - 1), '\%(\<s\.\)\?\h\w*$\|\<s\.$\|$')
  endif
  let l:dotted = a:base =~# '^s\.'
  let l:offers = []
  for l:offer in aither#words() + s:own()
    if (l:offer.kind ==# 'world') == l:dotted && stridx(l:offer.word, a:base) == 0
      call add(l:offers, {'word': l:offer.word, 'menu': l:offer.signature, 'info': s:told(l:offer), 'kind': l:offer.kind[0]})
    endif
  endfor
  return l:offers
endfunction

" Shows what a word means.
function! aither#tell(word) abort
  for l:offer in aither#words() + s:own()
    if l:offer.word ==# a:word || l:offer.word ==# 's.' . a:word
      echo s:told(l:offer)
      return
    endif
  endfor
  echo 'there is no `' . a:word . '` in the reference'
endfunction

" Bytes before a place of a line that is given in units of UTF-16.
function! s:bytes(line, units) abort
  let [l:units, l:bytes] = [0, 0]
  for l:code in str2list(a:line)
    if l:units >= a:units
      break
    endif
    let l:units += l:code > 0xFFFF ? 2 : 1
    let l:bytes += strlen(nr2char(l:code))
  endfor
  return l:bytes
endfunction

" Checks the text of the buffer, saved or not, and shows what is wrong: in Neovim as diagnostics, in Vim in the location
" list and by signs.
function! aither#check() abort
  let l:file = expand('%:p')
  if l:file ==# '' || &buftype !=# ''
    return
  endif
  let l:program = get(g:, 'aither_path', 'aither')
  if !executable(l:program)
    return s:complain(l:program . ' cannot be run; let g:aither_path = ... says where it is')
  endif
  let l:folder = fnamemodify(get(g:, 'aither_folder', ''), ':p')
  let l:inside = get(g:, 'aither_folder', '') !=# '' && stridx(l:file, l:folder) == 0
  let l:command = [l:program, 'check', l:inside ? l:folder : l:file, '--json', '--stdin', l:file]
  let l:text = getline(1, '$')
  let l:job = {'buffer': bufnr('%'), 'tick': b:changedtick, 'parts': []}
  if has('nvim')
    let l:options = {'stdout_buffered': v:true, 'on_stdout': {_, parts, __ -> s:show(l:job, join(parts, "\n"))}}
    let l:id = jobstart(l:command, l:options)
    call chansend(l:id, l:text + [''])
    call chanclose(l:id, 'stdin')
  else
    let l:words = join(map(copy(l:command), {_, word -> shellescape(word)}))
    call s:show(l:job, system(l:words . (has('win32') ? ' 2>nul' : ' 2>/dev/null'), l:text + ['']))
  endif
endfunction

let s:complained = 0
function! s:complain(message) abort
  if !s:complained
    echomsg 'Aither: ' . a:message
  endif
  let s:complained = 1
endfunction

" Shows what the check of a buffer told, unless the text is another one by now.
function! s:show(job, told) abort
  if !bufexists(a:job.buffer) || getbufvar(a:job.buffer, 'changedtick') != a:job.tick
    return
  endif
  try
    let l:told = json_decode(a:told)
  catch
    return s:complain('what `aither check` says is not understood')
  endtry
  if type(l:told) != v:t_dict || get(l:told, 'check') != 1
    return s:complain('this needs an aither whose `check --json` has version 1')
  endif
  let l:name = fnamemodify(bufname(a:job.buffer), ':p')
  let l:types = {'error': 'E', 'warning': 'W', 'note': 'I'}
  let l:items = []
  for l:one in l:told.diagnostics
    " A line that begins the path is the same file, however the folder is called by links.
    if resolve(l:told.folder . '/' . l:one.file) !=# resolve(l:name)
      continue
    endif
    let l:start = l:one.range.start
    let l:end = l:one.range.end
    let l:line = get(getbufline(a:job.buffer, l:start.line + 1), 0, '')
    let l:help = type(l:one.help) == v:t_string ? '; ' . l:one.help : ''
    call add(l:items, {
          \ 'bufnr': a:job.buffer, 'lnum': l:start.line + 1, 'col': s:bytes(l:line, l:start.character) + 1,
          \ 'end_lnum': l:end.line + 1, 'end_col': s:bytes(l:line, l:end.character) + 1,
          \ 'type': l:types[l:one.severity], 'text': l:one.message . l:help,
          \ })
  endfor
  if has('nvim')
    call v:lua.require'aither'.show(a:job.buffer, l:items)
  else
    call s:list(a:job.buffer, l:items)
  endif
endfunction

function! s:list(buffer, items) abort
  for l:window in win_findbuf(a:buffer)
    call setloclist(l:window, [], 'r', {'title': 'aither check', 'items': a:items})
  endfor
  call sign_define([
        \ {'name': 'aitherE', 'text': '!!', 'texthl': 'ErrorMsg'},
        \ {'name': 'aitherW', 'text': '! ', 'texthl': 'WarningMsg'},
        \ {'name': 'aitherI', 'text': '. ', 'texthl': 'Comment'},
        \ ])
  call sign_unplace('aither', {'buffer': a:buffer})
  for l:item in a:items
    call sign_place(0, 'aither', 'aither' . l:item.type, a:buffer, {'lnum': max([l:item.lnum, 1])})
  endfor
  if !empty(a:items)
    echo a:items[0].lnum . ': ' . a:items[0].text
  endif
endfunction
