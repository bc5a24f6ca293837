;;; aither-mode.el --- Rhai scripts for Aither  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, completion, a line about the word at point, and problems by
;; `aither check' through Flymake.  The words come from aither-words.json
;; beside this file.  What is saved is heard by the engine that runs.

;;; Code:

(require 'flymake)
(require 'json)
(require 'seq)
(require 'subr-x)

(defgroup aither nil "Rhai scripts for Aither." :group 'languages)

(defcustom aither-program "aither"
  "The program that checks scripts."
  :type 'string)

(defcustom aither-folder nil
  "The folder that is played, as `aither run' gets it.
A script in it is checked together with all others; without it each
is checked alone."
  :type '(choice (const nil) directory))

(defconst aither--words
  (let ((file (expand-file-name "aither-words.json" (file-name-directory (or load-file-name buffer-file-name)))))
    (with-temp-buffer
      (insert-file-contents file)
      (json-parse-buffer :object-type 'alist :array-type 'list :null-object nil)))
  "Every word: alists with word, kind, signature, about and example.")

(defun aither--of (&rest kinds)
  "The words of KINDS."
  (mapcar (lambda (offer) (alist-get 'word offer))
          (seq-filter (lambda (offer) (member (alist-get 'kind offer) kinds)) aither--words)))

(defun aither--offer (word)
  "What is known of WORD."
  (seq-find (lambda (offer) (equal (alist-get 'word offer) word)) aither--words))

(defconst aither--font-lock
  (let ((calls (lambda (&rest kinds) (concat (regexp-opt (apply #'aither--of kinds) 'symbols) "[ \t]*("))))
    `(("\\_<fn[ \t]+\\([A-Za-z_][A-Za-z0-9_]*\\)" 1 font-lock-function-name-face)
      (,(regexp-opt (aither--of "keyword") 'symbols) . font-lock-keyword-face)
      (,(regexp-opt (aither--of "literal" "constant") 'symbols) . font-lock-constant-face)
      (,(funcall calls "language") 1 font-lock-keyword-face)
      (,(funcall calls "helper" "math") 1 font-lock-builtin-face)
      ("\\_<s\\.[A-Za-z_]+" . font-lock-variable-name-face)))
  "Colours of a script.")

(defvar aither-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 124b" table)
    (modify-syntax-entry ?* ". 23n" table)
    (modify-syntax-entry ?\n "> b" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?` "\"" table)
    (modify-syntax-entry ?_ "_" table)
    table)
  "Syntax of a script.")

(defun aither--own ()
  "The functions that the buffer defines."
  (save-excursion
    (goto-char (point-min))
    (let (found)
      (while (re-search-forward "^[ \t]*\\(?:private[ \t]+\\)?fn[ \t]+\\([A-Za-z_][A-Za-z0-9_]*\\)" nil t)
        (push (match-string-no-properties 1) found))
      (nreverse found))))

(defun aither--start ()
  "Where the word before point begins; `s.' belongs to it."
  (save-excursion
    (skip-chars-backward "A-Za-z0-9_")
    (if (looking-back "\\_<s\\." (max (point-min) (- (point) 2))) (- (point) 2) (point))))

(defun aither-completion-at-point ()
  "Offer the words of the reference; after `s.' what a closure sees."
  (let* ((start (aither--start))
         (dotted (string-prefix-p "s." (buffer-substring-no-properties start (point)))))
    (unless (= start (point))
      (list start (point)
            (if dotted
                (aither--of "world")
              (append (aither--of "helper" "math" "language" "constant" "keyword" "literal") (aither--own)))
            :exclusive 'no
            :annotation-function
            (lambda (word)
              (let ((signature (alist-get 'signature (aither--offer word))))
                (and signature (not (equal signature word)) (concat "  " signature))))
            :company-docsig (lambda (word) (alist-get 'signature (aither--offer word)))))))

(defun aither--told (word)
  "All about WORD, or nil."
  (when-let ((offer (aither--offer word)))
    (string-join (seq-remove #'string-empty-p (mapcar (lambda (field) (alist-get field offer)) '(signature about example)))
                 "\n\n")))

(defun aither-eldoc (&rest _)
  "The signature of the word at point."
  (when-let* ((word (thing-at-point 'symbol t)) (offer (aither--offer word)))
    (let ((signature (alist-get 'signature offer)))
      (if (equal signature word) (alist-get 'about offer) signature))))

(defun aither-describe (word)
  "Show all about WORD."
  (interactive (list (completing-read "Word: " (mapcar (lambda (offer) (alist-get 'word offer)) aither--words)
                                      nil t nil nil (thing-at-point 'symbol t))))
  (with-help-window "*aither*" (princ (or (aither--told word) (format "There is no `%s' in the reference." word)))))

(defun aither--point (place)
  "The position of PLACE: lines and units of UTF-16 from 0."
  (save-excursion
    (goto-char (point-min))
    (forward-line (alist-get 'line place))
    (let ((units (alist-get 'character place)))
      (while (and (> units 0) (not (eolp)))
        (setq units (- units (if (> (char-after) #xFFFF) 2 1)))
        (forward-char)))
    (point)))

(defun aither--problems (told file)
  "What TOLD, an answer of `aither check --json', says of FILE.
This buffer visits it."
  (delq nil
        (mapcar
         (lambda (one)
           (when (file-equal-p (expand-file-name (alist-get 'file one) (alist-get 'folder told)) file)
             (let* ((range (alist-get 'range one))
                    (start (aither--point (alist-get 'start range)))
                    (end (aither--point (alist-get 'end range)))
                    (help (alist-get 'help one)))
               (flymake-make-diagnostic
                (current-buffer) start (max end (min (1+ start) (point-max)))
                (pcase (alist-get 'severity one) ("error" :error) ("warning" :warning) (_ :note))
                (concat (alist-get 'message one) (and help (concat "; " help)))))))
         (alist-get 'diagnostics told))))

(defvar-local aither--process nil "The check that runs.")

(defun aither-flymake (report &rest _)
  "Check the buffer and REPORT what is wrong, saved or not."
  (unless (executable-find aither-program)
    (error "Cannot run %s; set `aither-program'" aither-program))
  (when (process-live-p aither--process) (kill-process aither--process))
  (let* ((source (current-buffer))
         (file (or buffer-file-name (expand-file-name "unnamed.rhai")))
         (inside (and aither-folder (file-in-directory-p file aither-folder)))
         (path (if inside (expand-file-name aither-folder) file)))
    (setq aither--process
          (make-process
           :name "aither-check" :noquery t :connection-type 'pipe
           :buffer (generate-new-buffer " *aither-check*")
           :stderr (get-buffer-create " *aither-check errors*")
           :command (list aither-program "check" path "--json" "--stdin" file)
           :sentinel
           (lambda (process _)
             (when (memq (process-status process) '(exit signal))
               (unwind-protect
                   (if (and (buffer-live-p source) (eq process (buffer-local-value 'aither--process source)))
                       (let ((told (with-current-buffer (process-buffer process)
                                     (goto-char (point-min))
                                     (ignore-errors
                                       (json-parse-buffer :object-type 'alist :array-type 'list :null-object nil)))))
                         (with-current-buffer source
                           (if (eql (alist-get 'check told) 1)
                               (funcall report (aither--problems told file))
                             (funcall report :panic :explanation "what `aither check' says is not understood"))))
                     (flymake-log :debug "An older check is left out"))
                 (kill-buffer (process-buffer process)))))))
    (process-send-region aither--process (point-min) (point-max))
    (process-send-eof aither--process)))

;;;###autoload
(define-derived-mode aither-mode prog-mode "Aither"
  "Rhai scripts for Aither."
  (setq-local comment-start "// "
              comment-end ""
              comment-start-skip "//+[ \t]*"
              font-lock-defaults '(aither--font-lock))
  (add-hook 'completion-at-point-functions #'aither-completion-at-point nil t)
  (if (boundp 'eldoc-documentation-functions)
      (add-hook 'eldoc-documentation-functions #'aither-eldoc nil t)
    (setq-local eldoc-documentation-function #'aither-eldoc))
  (setq-local flymake-diagnostic-functions (list #'aither-flymake))
  (flymake-mode 1))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.rhai\\'" . aither-mode))

(provide 'aither-mode)
;;; aither-mode.el ends here
