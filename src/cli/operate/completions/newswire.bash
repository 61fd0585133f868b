# Completion of newswire for bash: the program itself says what may stand at the cursor.
_newswire() {
    local program=${COMP_WORDS[0]/#\~\//$HOME/} current=${COMP_WORDS[COMP_CWORD]} value IFS=$'\n'
    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        case $value in
            :files)
                compopt -o filenames 2>/dev/null
                COMPREPLY+=($(compgen -f -- "$current"))
                ;;
            :folders)
                compopt -o filenames 2>/dev/null
                COMPREPLY+=($(compgen -d -- "$current"))
                ;;
            *) COMPREPLY+=("$(printf '%q' "$value")") ;;
        esac
    done < <("$program" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -o nosort -F _newswire newswire 2>/dev/null || complete -F _newswire newswire
