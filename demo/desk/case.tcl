# The work to do on the demonstration desktop: a customer case to fill in, as a contact centre has them.
package require Tk
wm title . "Customer cases"
wm minsize . 560 520

set ground #f6f8fa
set ink #1c2733
set quiet #5b6b7a
set accent #0f766e
. configure -background $ground
option add *Message.font {{DejaVu Sans} 11}
option add *TCombobox*Listbox.font {{DejaVu Sans} 11}
font configure TkDefaultFont -family "DejaVu Sans" -size 11
font configure TkTextFont -family "DejaVu Sans" -size 11

ttk::style theme use clam
ttk::style configure . -background $ground -foreground $ink -font {{DejaVu Sans} 11}
ttk::style configure Quiet.TLabel -foreground $quiet -font {{DejaVu Sans} 10}
ttk::style configure Head.TLabel -font {{DejaVu Sans} 17 bold}
ttk::style configure TEntry -fieldbackground white -bordercolor #c8d1da -padding 6
ttk::style configure TCombobox -fieldbackground white -bordercolor #c8d1da -padding 6
ttk::style map TEntry -bordercolor [list focus $accent]
ttk::style map TCombobox -fieldbackground {readonly white} -bordercolor [list focus $accent] \
    -selectbackground {readonly white} -selectforeground [list readonly $ink]
ttk::style configure Go.TButton -background $accent -foreground white -padding {16 8} -borderwidth 0
ttk::style map Go.TButton -background [list active #115e59]
ttk::style configure Plain.TButton -padding {12 8} -background #e6ebf0 -borderwidth 0

# what the customer says: something to type, and never the same twice in a row
set calls {
    {"Ines Pfeiffer" "Order 40381" "The parcel should have come on Tuesday. The tracking page has said \"in delivery\" for three days, and the driver never rang. She asks for a new date, or her money back, and would rather be called after five."}
    {"Marcus Oyelaran" "Invoice 2207" "He was charged twice for the same month. His bank shows both payments on the 3rd. He has sent a photo of the statement already and is annoyed that nobody answered his first letter."}
    {"Yuki Tanaka" "Contract change" "She moves house on the 1st of next month and wants to take her contract with her. The new flat is on the second floor, the bell reads \"Weber\". Please check whether the line there is fast enough."}
    {"Leo Castellanos" "Router 88-B" "The connection drops every evening between eight and ten. He has restarted the router, changed the cable and moved it next to the window. The light on the left blinks orange when it happens."}
}
set case 0
set saved 0

ttk::frame .f -padding {24 18}
pack .f -fill both -expand 1
ttk::label .f.head -style Head.TLabel
ttk::label .f.told -text "What the customer says" -style Quiet.TLabel
message .f.says -background #e8f3f1 -foreground $ink -width 560 -padx 12 -pady 10 -anchor w
grid .f.head -row 0 -column 0 -columnspan 2 -sticky w
grid .f.told -row 1 -column 0 -columnspan 2 -sticky w -pady {10 4}
grid .f.says -row 2 -column 0 -columnspan 2 -sticky we

set row 3
foreach {name label} {customer "Customer" subject "Subject" phone "Phone"} {
    ttk::label .f.l$name -text $label -style Quiet.TLabel
    ttk::entry .f.$name -font {{DejaVu Sans} 11}
    grid .f.l$name -row $row -column 0 -sticky w -padx {0 14} -pady 5
    grid .f.$name -row $row -column 1 -sticky we -pady 5
    incr row
}
ttk::label .f.lkind -text "Kind" -style Quiet.TLabel
ttk::combobox .f.kind -values {Delivery Billing Contract Technical} -state readonly -font {{DejaVu Sans} 11}
grid .f.lkind -row $row -column 0 -sticky w -pady 5
grid .f.kind -row $row -column 1 -sticky we -pady 5
incr row
ttk::label .f.lnotes -text "Notes" -style Quiet.TLabel
text .f.notes -height 8 -width 40 -wrap word -relief flat -borderwidth 0 -highlightthickness 1 \
    -highlightcolor $accent -highlightbackground #c8d1da -background white -foreground $ink -padx 8 -pady 6 -undo 1 \
    -font {{DejaVu Sans} 11}
grid .f.lnotes -row $row -column 0 -sticky nw -pady 5
grid .f.notes -row $row -column 1 -sticky nswe -pady 5
grid rowconfigure .f $row -weight 1
grid columnconfigure .f 1 -weight 1
incr row
ttk::frame .f.bar
ttk::label .f.bar.state -style Quiet.TLabel
ttk::button .f.bar.next -text "Next customer" -style Plain.TButton -command {show 1}
ttk::button .f.bar.save -text "Save case" -style Go.TButton -command save
pack .f.bar.state -side left
pack .f.bar.save .f.bar.next -side right -padx {8 0}
grid .f.bar -row $row -column 0 -columnspan 2 -sticky we -pady {12 0}

proc clear {} {
    foreach name {customer subject phone} { .f.$name delete 0 end }
    .f.kind set ""
    .f.notes delete 1.0 end
}
proc show {step} {
    global case calls
    set case [expr {($case + $step) % [llength $calls]}]
    lassign [lindex $calls $case] name subject says
    .f.head configure -text "$name · $subject"
    .f.says configure -text $says
    clear
    focus .f.customer
}
proc save {} {
    global saved
    incr saved
    .f.bar.state configure -text "$saved saved"
    show 1
}
bind .f.notes <Tab> {focus [tk_focusNext %W]; break}
bind . <Control-Return> save
show 0
