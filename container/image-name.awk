# singleuser.image.name of a z2jh values file, written in block style.
{ sub(/[ \t]+#.*$/, "") }
/^[^ #]/ { top = $1; inner = "" }
/^  [^ #]/ { inner = $1 }
top == "singleuser:" && inner == "image:" && /^    name:/ { gsub(/["']/, "", $2); print $2; exit }
