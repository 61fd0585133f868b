#compdef newswire
# Completion of newswire for zsh: the program itself says what may stand at the cursor.
_newswire() {
    local -a described
    local line value meaning program=${words[1]/#\~\//$HOME/}
    for line in "${(@f)$("$program" __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        value=${line%%$'\t'*}
        meaning=${line#*$'\t'}
        case $value in
            '') ;;
            :files) _files ;;
            :folders) _files -/ ;;
            *) described+=("${value//:/\\:}${meaning:+:$meaning}") ;;
        esac
    done
    # In the order in which they came: the newest first.
    (( ! $#described )) || _describe -V newswire described
}

if [ "$funcstack[1]" = "_newswire" ]; then
    _newswire "$@"
else
    compdef _newswire newswire
fi
