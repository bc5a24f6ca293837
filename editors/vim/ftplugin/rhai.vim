" Rhai scripts for Aither: completion by CTRL-X CTRL-O, what a word means by K, problems after each save.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=//\ %s comments=:///,:// omnifunc=aither#complete
let b:undo_ftplugin = 'setlocal commentstring< comments< omnifunc< | silent! nunmap <buffer> K'

if !exists('g:aither_no_maps')
  nnoremap <buffer> <silent> K :<C-U>call aither#tell(expand('<cword>'))<CR>
endif
command! -buffer AitherCheck call aither#check()

augroup aither
  autocmd! * <buffer>
  autocmd BufWritePost <buffer> call aither#check()
  if has('nvim')
    autocmd BufEnter,InsertLeave,TextChanged <buffer> call aither#check()
  endif
augroup END
