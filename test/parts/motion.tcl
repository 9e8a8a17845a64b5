# Keeps a screen busy for a while, then stands still: motion.tcl KIND MILLISECONDS [SEED [TOP]]
# TOP: so many rows of pixels at the top of the screen stay as they are
# KIND: still, typing (a word now and then), scroll (a list that scrolls), video (everything changes each frame)
lassign $argv kind duration seed top
if {$top eq ""} { set top 0 }
expr {srand($seed eq "" ? 1 : $seed)}
wm geometry . 1024x[expr {768 - $top}]+0+$top
wm overrideredirect . 1
set until [expr {[clock milliseconds] + $duration}]

proc each {period body} {
  if {[clock milliseconds] >= $::until} { puts still; flush stdout; return }
  uplevel #0 $body
  after $period [list each $period $body]
}

proc colour {} { format "#%02x%02x%02x" [expr {int(rand()*256)}] [expr {int(rand()*256)}] [expr {int(rand()*256)}] }

switch $kind {
  video {
    canvas .c -width 1024 -height 768 -highlightthickness 0
    pack .c
    for {set n 0} {$n < 48} {incr n} {
      set x [expr {($n % 8) * 128}]
      set y [expr {($n / 8) * 128}]
      .c create rectangle $x $y [expr {$x + 128}] [expr {$y + 128}] -width 0 -tags cell$n
    }
    each 33 { for {set n 0} {$n < 48} {incr n} { .c itemconfigure cell$n -fill [colour] } }
  }
  default {
    text .t -width 200 -height 100 -font {fixed 12} -borderwidth 0 -highlightthickness 0 -background #fdf6e3
    pack .t -fill both -expand 1
    for {set n 0} {$n < 100} {incr n} { .t insert end "row $n [string repeat [format %c [expr {97 + $n % 26}]] 60]\n" }
    .t see end
    if {$kind eq "typing"} { each 120 { .t insert end "word " } }
    if {$kind eq "scroll"} { each 40 { .t insert end "line [incr ::line] [string repeat [expr {$::line % 10}] 70]\n"; .t see end } }
    if {$kind eq "still"} { each 100 {} }
  }
}
