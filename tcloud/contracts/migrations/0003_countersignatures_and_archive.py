"""Both sides sign, and a signed file is kept for the long term."""

from importlib.resources import files

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0002_triggers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='contract',
            name='contract_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='contract',
            name='contract_signed_has_time',
        ),
        migrations.RemoveConstraint(
            model_name='contractdocument',
            name='contract_document_once',
        ),
        migrations.RemoveConstraint(
            model_name='contractdocument',
            name='contract_document_kind',
        ),
        migrations.AddField(
            model_name='contract',
            name='archive_due_at',
            field=models.DateTimeField(help_text='when the file needs its next archive time stamp', null=True),
        ),
        migrations.AddField(
            model_name='contract',
            name='vendor_signed_at',
            field=models.DateTimeField(help_text='as the time stamp says', null=True),
        ),
        migrations.AddField(
            model_name='contractdocument',
            name='signed_with',
            field=models.CharField(blank=True, help_text="SHA-256 of that signature's certificate", max_length=64),
        ),
        migrations.AddField(
            model_name='contractdocument',
            name='signing_method',
            field=models.CharField(blank=True, help_text="how this version's signature was made", max_length=30),
        ),
        migrations.AlterField(
            model_name='contract',
            name='state',
            field=models.CharField(choices=[('drafted', '待簽署'), ('signed_by_company', '公司已簽署'), ('signed_by_both', '雙方已簽署'), ('discarded', '未簽署而作廢')], default='drafted', max_length=20),
        ),
        migrations.AlterField(
            model_name='contractdocument',
            name='kind',
            field=models.CharField(choices=[('original', '契約原文'), ('signed_by_company', '公司簽署本'), ('signed_by_both', '雙方簽署本'), ('archived', '長期保存本')], max_length=20),
        ),
        migrations.AlterField(
            model_name='signingattempt',
            name='party',
            field=models.CharField(choices=[('company', '買受人'), ('vendor', '出賣人')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(models.F('archive_due_at'), condition=models.Q(('archive_due_at', None), _negated=True), name='contract_archive_due'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['drafted', 'signed_by_company', 'signed_by_both', 'discarded'])), name='contract_state_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('company_signed_at', None), ('state__in', ['signed_by_company', 'signed_by_both']), _connector='XOR'), name='contract_signed_has_time'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('vendor_signed_at', None), ('state', 'signed_by_both'), _connector='XOR'), name='contract_vendor_signed_has_time'),
        ),
        migrations.AddConstraint(
            model_name='contractdocument',
            constraint=models.UniqueConstraint(models.F('contract'), models.F('kind'), condition=models.Q(('kind', 'archived'), _negated=True), name='contract_document_once'),
        ),
        migrations.AddConstraint(
            model_name='contractdocument',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['original', 'signed_by_company', 'signed_by_both', 'archived'])), name='contract_document_kind'),
        ),
        migrations.RunSQL(
            files("tcloud.contracts").joinpath("sql/turns.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
