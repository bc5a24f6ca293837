-- Problems of a script as diagnostics of Neovim.
local M = {}

local namespace = vim.api.nvim_create_namespace('aither')
local severities = { E = vim.diagnostic.severity.ERROR, W = vim.diagnostic.severity.WARN, I = vim.diagnostic.severity.INFO }

-- Shows items of a location list: lines and columns in bytes from 1.
function M.show(buffer, items)
  local diagnostics = {}
  for _, item in ipairs(items) do
    table.insert(diagnostics, {
      lnum = item.lnum - 1,
      col = item.col - 1,
      end_lnum = item.end_lnum - 1,
      end_col = item.end_col - 1,
      severity = severities[item.type],
      message = item.text,
      source = 'aither',
    })
  end
  vim.diagnostic.set(namespace, buffer, diagnostics)
end

return M
