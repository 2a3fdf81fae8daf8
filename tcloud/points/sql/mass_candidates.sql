-- Companies of a call whose review and assessment are done, and which have no grant and no place in the line
-- (nor, where the rules exclude them for it, a grant in another call; such companies are told when they have done their part):
-- whoever had both done first comes first, then by 統一編號. `only` names companies to look at again; NULL is all.
SELECT c.ubn
FROM members_application a
JOIN members_company c ON c.id = a.company_id
CROSS JOIN LATERAL (
    SELECT min(s.completed_at) AS done_at FROM assessments_assessment s
    WHERE s.company_ubn = c.ubn AND s.call_code = %(code)s AND s.completed_at IS NOT NULL
) assessed
WHERE a.call_id = %(call)s AND a.state = 'approved' AND assessed.done_at IS NOT NULL
  AND (%(only)s::text[] IS NULL OR c.ubn = ANY(%(only)s::text[]))
  -- OFFSET 0: looked up company by company. Both tables grow while a run goes on, and a join planned by the statistics
  -- of its beginning would read all of them for every batch.
  AND NOT EXISTS (SELECT 1 FROM points_grant g WHERE g.ubn = c.ubn AND (g.call_id = a.call_id OR %(earlier_grant_excludes)s) OFFSET 0)
  AND NOT EXISTS (SELECT 1 FROM points_waitingplace w
                  WHERE w.ubn = c.ubn AND w.call_id = a.call_id AND w.left_at IS NULL OFFSET 0)
ORDER BY greatest(a.decided_at, assessed.done_at), c.ubn
