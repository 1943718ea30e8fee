let help = """
    usage: pam-dialogue < commands

    A PAM application for tests. It reads one command a line and answers with one line of JSON
    for each operation, written at once. `#` starts a comment. A line that is no command prints
    {"error": ...} and ends the program with status 64.

    In TEXT, \\xHH is that byte and \\\\ a backslash. In the JSON, every byte that is not printable
    ASCII is \\u00HH: take the code points as bytes.

    What a transaction starts with (kept until changed; without a value: not set)
      confdir DIR           folder of the service files            (/etc/pam.d)
      service NAME          the service                            (login)
      user TEXT             the user
      rhost TEXT, tty TEXT, ruser TEXT      PAM items
      env KEY=VALUE         one more PAM environment variable; `env` alone forgets them
      flags WORD...         silent, disallow-null, or a number; `flags` alone for none
      conv normal|none      none: pam_start gets no conversation function
      fail-delay wait|note  note: what pam_fail_delay(3) asks for is reported, not waited for
      show-to FILE          adds what modules say to this file, as it is, and keeps no copy in this
                            program, whose JSON has empty texts then; `show-to` alone ends that
      halt on|off           on: after each operation the process stops (SIGSTOP), before it does
                            anything else, until somebody lets it go on    (off)

    Replies to prompts, used in order; a prompt without one gets PAM_CONV_ERR
      answer TEXT           this text
      answer-size N         a text of N times the digit 1
      no-answer             a response whose text is NULL
      conv-null-response    PAM_SUCCESS without a response
      conv-error            PAM_CONV_ERR
      answer-later          prints {"event":"prompt","message":[...]}, and the next line of the
                            input is the reply: so that many processes can be held at a prompt
      answer-file FILE      the first line of a file or a pipe, opened at the prompt and read
                            straight into libpam's hands: no copy of it stays in this program
      forget                drops the replies that are left

    Doing
      go OP...              authenticate, setcred, acct_mgmt, open_session, close_session or
                            chauthtok, in a transaction of their own from pam_start to pam_end;
                            after `start`, in that one. One line for each:
                            {"op","code","name","prompts","unanswered","left","ns",
                             "messages":[{"style":"echo_on|echo_off|error|info","text"}],
                             "delays_us":[...]}
      start, end            a transaction that stays open for several `go`
      login USER ANSWER     queues a login for `rounds`
      rounds [N]            N logins (pam_start, pam_authenticate, pam_end), each from the queue of
                            `login`, or else with the same user and the same replies:
                            {"op":"rounds","rounds","granted","min_ns","median_ns","max_ns",
                             "codes":[{"code","name","count"}]}
      hostcheck             the state of this process: {"op":"hostcheck","fds","threads",
                            "sig_blocked","sig_ignored","sig_caught","umask","uids","gids",
                            "groups","capabilities","rss_kb","data_kb","locked_kb","cwd",
                            "environ","heap_end","mappings","libraries", and more: limits,
                            namespaces}
      quit                  ends, as the end of the input does

    """
