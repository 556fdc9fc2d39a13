"""What the benches' databases are filled with: by the owner, in SQL, the same each time."""

from typing import Any

YEAR = "2026-09-01"
# A district's mix: most looks open one student, some a small group, some a class list of 30. The mean is 7.6 students.
_STUDENTS_OF_LOOK = "CASE WHEN g % 10 < 6 THEN 1 WHEN g % 10 < 8 THEN 5 ELSE 30 END"
MEAN = 7.6
ELEMENTS = "{attendance,course-grades,email,grade,local-id,name,preferred-name,school,schedule,username}"


def students(cursor: Any, number: int, *, names: bool = True) -> None:
    """`number` students in schools of about 1,000, in groups of 30 that have six classes together; each teacher has one class of five groups.

    Group g (from 1) holds the students 30 g - 29 to 30 g and the sections 6 g - 5 to 6 g. Teacher t is the account t, with 150 students.
    """
    schools, groups = max(1, number // 1000), -(-number // 30)
    sections, teachers = 6 * groups, 6 * -(-groups // 5)
    cursor.execute(
        f"""
        INSERT INTO people_school(id, public_id, sourced_id, name, identifier, kind, active)
          SELECT n, gen_random_uuid(), 'school-' || n, 'School ' || n, '', 'school', true FROM generate_series(1, {schools}) n;
        INSERT INTO people_user(id, password, is_superuser, public_id, email, name, title, staff_number, language, is_active, joined_at, session_era)
          SELECT n, '', false, gen_random_uuid(), 'teacher' || n || '@bench.example', 'Teacher ' || n, '', 'staff-' || n, 'en', true, now(), 0
          FROM generate_series(1, {teachers}) n;
        INSERT INTO people_roleassignment(public_id, user_id, role, school_id, starts_on, given_at)
          SELECT gen_random_uuid(), n, 'teacher', 1 + (n - 1) * {schools} / {teachers}, '{YEAR}', now() FROM generate_series(1, {teachers}) n;
        INSERT INTO records_staffmember(id, sourced_id, name, email, role, school_id, user_id)
          SELECT n, 'staff-' || n, 'Teacher ' || n, '', 'teacher', 1 + (n - 1) * {schools} / {teachers}, n FROM generate_series(1, {teachers}) n;
        INSERT INTO records_section(id, sourced_id, title, school_id)
          SELECT n, 'section-' || n, 'Class ' || n, 1 + (n - 1) * {schools} / {sections} FROM generate_series(1, {sections}) n;
        INSERT INTO records_teaching(sourced_id, staff_member_id, section_id, begins)
          SELECT 'teaching-' || n, 6 * ((n - 1) / 30) + (n - 1) % 6 + 1, n, '{YEAR}' FROM generate_series(1, {sections}) n;
        INSERT INTO records_student(id, school_id) SELECT n, 1 + (n - 1) * {schools} / {number} FROM generate_series(1, {number}) n;
        INSERT INTO records_enrollment(sourced_id, student_id, section_id, begins)
          SELECT 'enrollment-' || n || '-' || k, n, (n - 1) / 30 * 6 + k, '{YEAR}' FROM generate_series(1, {number}) n, generate_series(1, 6) k;
        """
    )
    if names:
        cursor.execute(
            f"""
            INSERT INTO records.identity(student_id, sourced_id, given_name, family_name, preferred_name, local_id, grade, email, username, birth_date)
              SELECT n, 'student-' || n, 'Given' || n % 977, 'Family' || n % 7919, NULL, (100000 + n)::text, (n % 12 + 1)::text, 's' || n || '@bench.example', 's' || n,
                date '2010-01-01' + (n % 2000)::integer FROM generate_series(1, {number}) n;
            """
        )
    for sequence in ("people_user", "people_school", "records_staffmember", "records_section", "records_student"):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{sequence}', 'id'), (SELECT max(id) FROM {sequence}))")
    cursor.execute("VACUUM ANALYZE")


def looks(cursor: Any, number: int, *, students: int, people: int, month: str = "2026-10-01") -> None:
    """`number` looks of `people` accounts, spread over 30 days from `month`, with the district's mix of students (ids 1 to `students`)."""
    cursor.execute(
        f"""
        SET session_replication_role = replica;
        INSERT INTO trail.entry("timestamp", action, kind, actor_id, hat, cid, remote_addr, purpose, basis, rule_version, elements, record_ids)
          SELECT timestamptz '{month}' + g * (interval '30 days' / {number + 1}), 3,
            CASE WHEN g % 10 < 6 THEN 'records.student.opened' ELSE 'records.class_list.opened' END, 1 + g * 2654435761 % {people}, 'teacher',
            gen_random_uuid()::text, '10.0.0.1'::inet + g % 60000, 'classroom-instruction', 'ferpa-school-official', 'teacher-own-classes@1', '{ELEMENTS}',
            ARRAY(SELECT (g * 7919 + k * 31) % {students} + 1 FROM generate_series(1, {_STUDENTS_OF_LOOK}) k)
          FROM generate_series(1, {number}::bigint) g;
        SET session_replication_role = DEFAULT;
        """
    )
    cursor.execute("VACUUM ANALYZE trail.entry")
