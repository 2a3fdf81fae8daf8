"""An application that nobody finishes; and finding those without reading every application there ever was."""

from django.db import migrations, models
from django.db.models import Q

UNFINISHED = ["started", "card_verified", "declared", "code_sent"]


class Migration(migrations.Migration):
    dependencies = [("members", "0003_consent_texts")]

    operations = [
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("started", "填寫中"), ("card_verified", "公司身分已驗證"), ("declared", "已授權查詢並聲明"),
                    ("code_sent", "等待 E-mail 驗證碼"), ("in_review", "資料審核中"), ("approved", "審核通過"), ("refused", "未通過"),
                    ("abandoned", "未完成，已清除"),
                ],
                default="started", max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                name="application_abandoned_holds_nobody",
                condition=~Q(state="abandoned") | Q(email="", contact_name="", phone="", password_hash=""),
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["started_at"], name="application_unfinished", condition=Q(state__in=UNFINISHED)),
        ),
    ]
