extension ClockRows {
    static let trust = """
        before 1970    | unavailable | in    | in | in
        1970           | asked       | in    | in | in
        2025, its end  | asked       | in    | in | in
        2026           | asked       | in    | in | in
        a year back    | asked       | in    | in | in
        an hour back   | asked       | in    | in | in
        a minute back  | in          | in    | in | in
        ten seconds on | in          | in    | in | in
        a minute on    | in          | in    | in | in
        an hour on     | in          | asked | in | in
        a year on      | asked       | in    | in | in
        2^31 - 2       | asked       | in    | in | in
        2^31 - 1       | asked       | in    | in | in
        2^31           | asked       | in    | in | in
        2^32 - 2       | asked       | in    | in | in
        2^32 - 1       | asked       | in    | in | in
        2^32           | asked       | in    | in | in
        2262           | asked       | in    | in | in
        9999           | asked       | in    | in | in
        """

    static let delays = """
        before 1970    | unavailable | put off | unavailable | put off | put off | refused
        1970           | unavailable | put off | unavailable | put off | put off | refused
        2025, its end  | unavailable | put off | unavailable | put off | put off | refused
        2026           | put off     | put off | put off     | put off | refused | refused
        a year back    | put off     | put off | put off     | put off | refused | refused
        an hour back   | put off     | put off | put off     | put off | refused | refused
        a minute back  | put off     | put off | put off     | put off | refused | refused
        ten seconds on | put off     | put off | put off     | put off | refused | refused
        a minute on    | put off     | put off | put off     | put off | refused | refused
        an hour on     | put off     | put off | put off     | put off | refused | refused
        a year on      | refused     | put off | put off     | put off | refused | refused
        2^31 - 2       | refused     | put off | put off     | put off | refused | refused
        2^31 - 1       | refused     | put off | put off     | put off | refused | refused
        2^31           | refused     | put off | put off     | put off | refused | refused
        2^32 - 2       | refused     | put off | put off     | put off | refused | refused
        2^32 - 1       | refused     | put off | put off     | put off | refused | refused
        2^32           | refused     | put off | put off     | put off | refused | refused
        2262           | refused     | put off | put off     | put off | refused | refused
        9999           | refused     | put off | put off     | put off | refused | refused
        """

    static let enrollments = """
        before 1970    | unavailable | no-record        | in
        1970           | unavailable | no-record        | in
        2025, its end  | unavailable | no-record        | in
        2026           | in          | in               | in
        a year back    | in          | in               | in
        an hour back   | in          | in               | in
        a minute back  | in          | in               | in
        ten seconds on | in          | in               | in
        a minute on    | in          | in               | in
        an hour on     | in          | clock-moved-back | in
        a year on      | in          | clock-moved-back | in
        2^31 - 2       | in          | clock-moved-back | in
        2^31 - 1       | in          | clock-moved-back | in
        2^31           | in          | clock-moved-back | in
        2^32 - 2       | in          | clock-moved-back | in
        2^32 - 1       | in          | clock-moved-back | in
        2^32           | in          | clock-moved-back | in
        2262           | in          | clock-moved-back | in
        9999           | in          | clock-moved-back | in
        """

    static let tokens = """
        before 1970    | unavailable | in    | in
        1970           | in          | wrong | in
        2025, its end  | in          | wrong | in
        2026           | in          | wrong | in
        a year back    | in          | wrong | in
        an hour back   | in          | wrong | in
        a minute back  | in          | wrong | in
        ten seconds on | in          | wrong | in
        a minute on    | in          | wrong | in
        an hour on     | in          | wrong | in
        a year on      | in          | wrong | in
        2^31 - 2       | in          | wrong | in
        2^31 - 1       | in          | wrong | in
        2^31           | in          | wrong | in
        2^32 - 2       | in          | wrong | in
        2^32 - 1       | in          | wrong | in
        2^32           | in          | wrong | in
        2262           | in          | wrong | in
        9999           | in          | wrong | in
        """
}
