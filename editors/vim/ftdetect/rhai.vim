" Scripts by their names.
autocmd BufNewFile,BufRead *.rhai setfiletype rhai
