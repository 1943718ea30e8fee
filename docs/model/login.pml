/*
 * A login in a fleet: one code of one user, typed at several hosts, judged by two servers over one
 * database with a standby. README.md says what is checked, what is left out, and what each name
 * that can be defined leaves out or adds.
 *
 * Every atomic step is something that others see happen at once. Between two steps anything else
 * may happen: servers and primaries die, replies are lost, backups are restored.
 */

#ifndef LOGINS
#define LOGINS 2        /* hosts, each with one login */
#endif
#ifndef TRIES
#define TRIES 2         /* how often a host sends a login, in turn to each server */
#endif
#ifndef SERVERS_DIE
#define SERVERS_DIE 1   /* how often a server may die */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1     /* how often the primary may die, and its standby be promoted */
#endif
#ifndef RESTORES
#define RESTORES 1      /* how often an older database may take its place */
#endif
#ifndef CANCELS
#define CANCELS 1       /* how often an admin may cancel the wait for the standby */
#endif

#define SERVERS 2
#ifdef ONE_RETRIES
#define tries_of(login) ((login) == 1 -> TRIES : 1)
#else
#define tries_of(login) TRIES
#endif
#define NOBODY 255
#define bit_of(mark) (1 << ((mark) - 1))
#define box_of(server, login) ((server) * LOGINS + (login))

#ifdef NEW_ID
#define id_of(login, try) ((login) + 1 + LOGINS * ((try) - 1))
#else
#define id_of(login, try) ((login) + 1)
#endif

/* What a database holds. The user's row and the fleet's floor are all that matters of it. */
typedef Content {
    byte version;       /* of the user's row */
    bool burnt;         /* the code was used */
    byte last;          /* the id of the request that changed the row last; 0 for none */
    bool reply;         /* what that request was answered */
    bool rowFloor;      /* the floor when the row was stored */
    bool floor;         /* whether `restored` has set the floor above the code's step */
    byte rows;          /* the marks in the audit, one bit each */
    byte sequence       /* of the audit's newest row */
}

Content primary, standby, backup;
byte era;               /* counts primaries: a connection is to the primary of one era */
byte marks;             /* how many marks were given out */
bool hasBackup;
bool isTold;            /* `swiftotp-server restored` has ended well */
#ifdef SHARED_CONFIRM
byte oldRows;           /* the audit of the primary before this one */
#endif

/* A receipt is the mark of its row; these are its other parts. */
bool floorOf[9];
byte sequenceOf[9];

/* Servers. */
byte connection[SERVERS];   /* the era of the primary it is connected to */
byte newest[SERVERS];       /* the newest receipt it knows; 0 for none */
byte confirmed[SERVERS];    /* the newest that it found in the audit */
byte known[SERVERS];        /* all receipts it knows, one bit each */
bool isGiving[SERVERS];     /* a yes of its is on the way */

/* Requests on the way to a server: the number of the try, 0 for none, and the receipt shown. */
byte box[SERVERS * LOGINS];
byte shown[SERVERS * LOGINS];

/* Hosts. */
byte try[LOGINS];           /* the try whose answer it waits for; 0 before and after */
byte target[LOGINS];        /* the server that has it */
byte receipt[LOGINS];       /* the newest receipt that it keeps */
#ifdef ALL_RECEIPTS
byte held[LOGINS];          /* all receipts that it keeps, one bit each */
#endif
bool isLate[LOGINS];        /* began after `restored` had ended */

/* How often each has happened. */
byte deaths, cancels, failovers, restores, others;

/* What happened, for the invariants. */
byte winner = NOBODY;       /* the login that heard yes */
byte given;                 /* the marks of all yeses that hosts heard */
byte owner = NOBODY;        /* the login that burnt the code last */
bool isBetween;             /* another request was stored after that */

/* Invariants; ONLY leaves out all but one of them. */
#ifndef ONLY
#define ONLY 0
#endif
inline claim(number, holds) {
    if
    :: holds
    :: !(holds) && ONLY != 0 && ONLY != number
    :: !(holds) && (ONLY == 0 || ONLY == number) ->
        printf("INVARIANT %d is broken\n", number);
        assert(false)
    fi
}

#define isNewer(one, other) \
    ((one) != 0 && ((other) == 0 || floorOf[one] > floorOf[other] || \
    (floorOf[one] == floorOf[other] && sequenceOf[one] > sequenceOf[other])))

inline copy(from, to) {
    to.version = from.version; to.burnt = from.burnt; to.last = from.last; to.reply = from.reply;
    to.rowFloor = from.rowFloor; to.floor = from.floor; to.rows = from.rows;
    to.sequence = from.sequence
}

inline remember() {
#ifdef SHARED_CONFIRM
    oldRows = primary.rows
#else
    skip
#endif
}

/* A server hears of a receipt that a host shows. */
inline note(server, mark) {
    if
    :: mark != 0 ->
#ifdef ALL_RECEIPTS
        known[server] = known[server] | bit_of(mark);
#endif
        if
        :: isNewer(mark, newest[server]) -> newest[server] = mark
        :: else
        fi
    :: else
    fi
}

/* A server found a receipt in the audit, or its row was just stored. */
inline confirm(server, mark) {
#ifdef ALL_RECEIPTS
    known[server] = known[server] | bit_of(mark);
#endif
    if
    :: isNewer(mark, newest[server]) -> newest[server] = mark
    :: else
    fi;
    if
    :: isNewer(mark, confirmed[server]) -> confirmed[server] = mark
    :: else
    fi
}

/* A host hears of a receipt. */
inline keep(login, mark) {
#ifdef ALL_RECEIPTS
    held[login] = held[login] | (mark != 0 -> bit_of(mark) : 0);
#endif
    if
#ifdef LATEST_RECEIPT
    :: mark != 0 -> receipt[login] = mark
#else
    :: isNewer(mark, receipt[login]) -> receipt[login] = mark
#endif
    :: else
    fi
}

/* Whether a heartbeat brings a host another receipt. */
#ifdef LATEST_RECEIPT
#define tells(server, login) (newest[server] != 0 && newest[server] != receipt[login])
#else
#define tells(server, login) isNewer(newest[server], receipt[login])
#endif
#define printHeard(login) printf("host %d: hears of receipt %d\n", login, receipt[login])

/* Whether a yes of a primary before this one is on the way from a server. */
#ifdef SHORT_LISTENING
#define isUnderWay(server) false
#else
#define isUnderWay(server) (isGiving[server] && connection[server] != era)
#endif

/* The fleet as a server's connection must show it; otherwise nothing is judged. */
#define isVoid(mark) (floorOf[mark] < primary.floor)
#define isThere(mark) ((primary.rows & bit_of(mark)) != 0)

#if LOGINS > 2
#define isAsked(server) \
    (box[box_of(server, 0)] != 0 || box[box_of(server, 1)] != 0 || box[box_of(server, 2)] != 0)
#else
#define isAsked(server) (box[box_of(server, 0)] != 0 || box[box_of(server, 1)] != 0)
#endif

/* What the server says when a receipt is missing. */
inline unproven(missing) {
    printf("server %d: the database is older than receipt %d\n", me, missing);
    fail()
}

/* -------------------------------------------------------------------- a host, with one login */

inline ask() {
    sent++;
    try[me] = sent;
    box[box_of(target[me], me)] = sent;
    shown[box_of(target[me], me)] = receipt[me]
}

active [LOGINS] proctype Host() {
    byte me;
    byte sent;

    d_step { me = _pid }

    /* The user types the code. Servers are alike, so host 0 may as well begin with server 0. */
    atomic {
        isLate[me] = isTold;
        if
        :: target[me] = 0
        :: me > 0 -> target[me] = 1
        fi;
        ask();
        printf("host %d: asks server %d\n", me, target[me])
    }
    /* No answer in time, or "cannot be checked": the next server. The old request may still be
       judged, and nobody hears its answer. After the last try the host waits for ever. */
end:
    do
    :: atomic { try[me] == 0 -> sent = 0; break }
    :: atomic { try[me] != 0 && sent < tries_of(me) ->
        target[me] = 1 - target[me];
        ask();
        printf("host %d: hears nothing, and asks server %d\n", me, target[me]) }
    od
}

/* --------------------------------------------------------------------------------- a server */

/* The server's answer reaches the host, if that still waits for just this one, or is lost. */
inline give() {
    if
    :: try[who] == now && target[who] == me ->
        if
        :: isYes ->
            printf("host %d: hears YES from server %d (receipt %d)\n", who, me, mark);
            /* Invariant 1: one code, one yes. */
            claim(1, winner == NOBODY || winner == who);
            winner = who;
            /* Invariant 4: after `restored` nothing from before counts. */
            claim(4, !isLate[who]);
#ifndef REPLY_BEFORE_COMMIT
            /* Invariant 2: only a restore loses a yes. */
            claim(2, restores > 0 || isThere(mark));
            given = given | bit_of(mark)
#endif
        :: else ->
            printf("host %d: hears no from server %d (receipt %d)\n", who, me, mark)
        fi;
        keep(who, mark);
        try[who] = 0; target[who] = 0; isLate[who] = false
    :: true ->
        printf("server %d: its answer to host %d is lost\n", me, who)
    fi
}

/* The server forgets the request in hand. */
inline finish() {
    who = NOBODY; now = 0; version = 0; isYes = false; isRepeated = false; floor = false;
    mark = 0; number = 0; isGiving[me] = false
}

/* The host hears "cannot be checked", which it treats as no answer. */
inline fail() {
    printf("server %d: cannot tell host %d\n", me, who);
    finish()
}

/* It is started again at once, and remembers nothing. */
inline die() {
    deaths++;
    printf("server %d: dies, and starts again\n", me);
    connection[me] = NOBODY;
    newest[me] = 0;
    confirmed[me] = 0;
    known[me] = 0;
    finish()
}

active [SERVERS] proctype Server() {
    byte me;            /* 0 or 1 */
    byte who = NOBODY;  /* the login in hand */
    byte now;           /* its try */
    byte version;       /* what was read: the row's version, */
    bool isYes;         /* the answer that follows, */
    bool isRepeated;    /* whether it is the stored one, */
    bool floor;         /* and the floor */
    byte mark;          /* of the row that was stored */
    byte number;        /* its place in the audit */

    d_step { me = _pid - LOGINS; connection[me] = NOBODY }

endIdle:
    if
    :: atomic { isAsked(me) ->
        if
        :: box[box_of(me, 0)] != 0 -> who = 0
        :: box[box_of(me, 1)] != 0 -> who = 1
#if LOGINS > 2
        :: box[box_of(me, 2)] != 0 -> who = 2
#endif
        fi;
        now = box[box_of(me, who)];
        box[box_of(me, who)] = 0;
        note(me, shown[box_of(me, who)]);
        shown[box_of(me, who)] = 0 }
    :: atomic { connection[me] != NOBODY && deaths < SERVERS_DIE -> die(); goto endIdle }
    fi;

ready:
    if
    :: atomic { connection[me] != era ->
        /* Only an answer of this primary says what it has. */
        connection[me] = era;
        confirmed[me] = 0;
        printf("server %d: connects to primary %d, and listens\n", me, era);
        goto listening }
    :: atomic { connection[me] == era -> goto check }
    fi;

listening:
    /* Each host shows its receipt with a heartbeat meanwhile; and a yes that another server gave
       before has reached its host when this ends, or never does. */
    if
    :: atomic { connection[me] != era -> goto ready }
    :: atomic { connection[me] == era && !isUnderWay(1 - me) ->
#ifdef ALL_RECEIPTS
        known[me] = known[me] | held[0] | held[1];
#endif
#ifndef SILENT_HEARTBEATS
        note(me, receipt[0]);
        note(me, receipt[1]);
#if LOGINS > 2
        note(me, receipt[2]);
#endif
#endif
        goto check }
    :: atomic { deaths < SERVERS_DIE -> die(); goto endIdle }
    fi;

check:
    /* The receipts, then the row. This is one step: what a primary has, it keeps. */
    atomic {
        if
        :: connection[me] != era -> fail(); goto endIdle
        :: else
        fi;
#if defined(NO_RECEIPTS)
        skip;
#elif defined(ALL_RECEIPTS)
        mark = 1;
        do
        :: mark > marks -> break
        :: mark <= marks && (known[me] & bit_of(mark)) == 0 -> mark++
        :: mark <= marks && (known[me] & bit_of(mark)) != 0 ->
            if
            :: isThere(mark) || isVoid(mark) -> mark++
            :: else -> unproven(mark); goto endIdle
            fi
        od;
        mark = 0;
#else
        if
        :: isNewer(newest[me], confirmed[me]) ->
            if
            :: isThere(newest[me]) || isVoid(newest[me]) -> confirm(me, newest[me])
            :: else -> unproven(newest[me]); goto endIdle
            fi
        :: else
        fi;
#endif
        /* Invariant 3: a database that lacks a yes judges nothing until `restored`. */
        claim(3, (given & ~primary.rows) == 0 || primary.floor);
        version = primary.version;
        floor = primary.floor;
#if defined(NO_REQUEST_ID)
        isRepeated = false;
#elif defined(OLD_REPLY)
        isRepeated = (primary.last == id_of(who, now));
#else
        isRepeated = (primary.last == id_of(who, now) && primary.rowFloor == floor);
#endif
        isYes = (isRepeated -> primary.reply : !primary.burnt);
#ifndef NO_FLOOR
        isYes = isYes && (isRepeated || !primary.floor);
#endif
        printf("server %d: judges host %d: %d, repeated %d\n", me, who, isYes, isRepeated);
#ifdef REPLY_BEFORE_COMMIT
        give()
#endif
    }

#ifdef EARLY_NUMBERS
    /* The audit's row gets its number when the statement runs, not when it is committed. */
    atomic {
        primary.sequence++;
        number = primary.sequence
    }
#endif

    /* One statement stores all, if the row is still the one that was read. */
    atomic {
        if
        :: connection[me] != era -> fail(); goto endIdle
        :: else
        fi;
        if
        :: isRepeated
#ifndef NO_SWAP
        :: !isRepeated && primary.version != version -> mark = 0; number = 0; goto check
        :: !isRepeated && primary.version == version ->
#else
        :: !isRepeated ->
#endif
            primary.version++;
            primary.burnt = primary.burnt || isYes;
            primary.last = id_of(who, now);
            primary.reply = isYes;
            primary.rowFloor = floor;
            if
            :: isYes -> owner = who; isBetween = false
            :: !isYes && owner != who -> isBetween = true
            :: else ->
                /* Invariant 5: no login is in its own way, unless another came between. */
                claim(5, isBetween || primary.floor)
            fi
        fi;
#ifndef EARLY_NUMBERS
        primary.sequence++;
        number = primary.sequence;
#endif
        marks++;
        mark = marks;
        floorOf[mark] = floor;
        sequenceOf[mark] = number;
        primary.rows = primary.rows | bit_of(mark);
        printf("server %d: stores it as row %d (number %d)\n", me, mark, number);
        version = 0; isRepeated = false; floor = false; number = 0
    }

    /* The commit waits for the standby. */
    if
    :: atomic { connection[me] == era && (standby.rows & bit_of(mark)) != 0 ->
        confirm(me, mark);
        isGiving[me] = isYes }
    :: atomic { connection[me] == era && cancels < CANCELS ->
        cancels++;
        printf("server %d: hears a warning: the wait was canceled\n", me);
#ifdef WARNING_BELIEVED
        confirm(me, mark);
        isGiving[me] = isYes
#else
        fail();
        goto endIdle
#endif
        }
    /* Its time is over, or the primary is gone. */
    :: atomic { true -> fail(); goto endIdle }
    :: atomic { deaths < SERVERS_DIE -> die(); goto endIdle }
    fi;

    if
    :: atomic { true ->
#ifndef REPLY_BEFORE_COMMIT
        give();
#endif
        finish();
        goto endIdle }
    :: atomic { deaths < SERVERS_DIE -> die(); goto endIdle }
    fi
}

/* -------------------------------------------------------- the database, and those who run it */

active proctype World() {
end:
    do
    /* The standby gets what the primary has. */
    :: atomic { standby.rows != primary.rows || standby.floor != primary.floor ->
        copy(primary, standby);
        printf("standby: has all rows up to %d\n", marks);
        if
        :: standby.floor && !isTold -> isTold = true; printf("admin: restored has ended\n")
        :: else
        fi }

    /* The primary dies; the standby is promoted, and another one follows it. */
    :: atomic { failovers < FAILOVERS ->
        failovers++;
        remember();
        copy(standby, primary);
        era++;
        printf("primary: dies; the standby is promoted as primary %d\n", era);
        /* Invariant 2: it has every yes. */
        claim(2, restores > 0 || (given & ~primary.rows) == 0) }

    :: atomic { !hasBackup && restores < RESTORES && primary.rows != 0 ->
        hasBackup = true;
        copy(primary, backup);
        printf("backup: made with all rows up to %d\n", marks) }

    /* An older database takes its place: a backup, or a standby that was behind. */
    :: atomic { restores < RESTORES ->
        restores++;
        isBetween = true;
        remember();
        copy(backup, primary);
        copy(backup, standby);
        backup.version = 0; backup.burnt = false; backup.last = 0; backup.reply = false;
        backup.rowFloor = false; backup.rows = 0; backup.sequence = 0; hasBackup = true;
        era++;
        printf("admin: restores the backup as primary %d\n", era) }

    /* The admin reads the alarm. */
    :: atomic { restores > 0 && !primary.floor ->
        primary.floor = true;
        printf("admin: runs restored\n") }

#ifdef HEARTBEATS
    /* A server tells a host its newest receipt. */
    :: atomic { tells(0, 0) -> keep(0, newest[0]); printHeard(0) }
    :: atomic { tells(1, 0) -> keep(0, newest[1]); printHeard(0) }
    :: atomic { tells(0, 1) -> keep(1, newest[0]); printHeard(1) }
    :: atomic { tells(1, 1) -> keep(1, newest[1]); printHeard(1) }
#endif

#ifdef SHARED_CONFIRM
    /* Another thread of a server still reads the primary before this one, and what it finds there
       counts for all threads. */
    :: atomic { connection[0] == era && isNewer(newest[0], confirmed[0]) &&
        (oldRows & bit_of(newest[0])) != 0 ->
        confirmed[0] = newest[0];
        printf("server 0: another thread finds receipt %d at the old primary\n", newest[0]) }
#endif

#ifdef OTHERS
    /* Another user logs in at host 1, by server 1. */
    :: atomic { others == 0 && restores == 0 && connection[1] == era ->
        others++;
        primary.sequence++;
        marks++;
        floorOf[marks] = primary.floor;
        sequenceOf[marks] = primary.sequence;
        primary.rows = primary.rows | bit_of(marks);
        copy(primary, standby);
        confirm(1, marks);
        keep(1, marks);
        printf("server 1: stores a login of somebody else as row %d (number %d)\n",
            marks, primary.sequence) }
#endif
    od
}

