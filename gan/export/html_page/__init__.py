"""The page of `gan-tui export --html`: one file that shows a run in a browser.

`contents` is what it shows, `filling` puts that into the template: `page.html`, `page.css` and
`page.js`, which is plain JavaScript. The page asks no server for anything.
"""
