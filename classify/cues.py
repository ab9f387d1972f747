"""Written cues: phrases that mark how a sentence speaks, not what it is about.

They are read on words without diacritics and with the common spellings of chat resolved (`features.words`),
so
that one list serves all ways of writing. The gate learns a weight for each; `detect` and `rank` use them
openly.
"""

from functools import cache

CUES: dict[str, str] = {
    "hearsay": "nghe noi|nghe dau|nghe don|nghe bao|nghe ai|nghe nguoi ta|don la|don rang|dang don|don am|"
    "don ran|don nhau|"
    "co nguoi noi|nguoi ta noi|nguoi ta bao|lan truyen|tin don|thay bao|thay noi|thay dang|co tin|mang don|"
    "ho noi|ho bao|"
    "keu la|noi la|bao la|noi rang|xung la|tu xung|bao rang|theo thong tin|duoc biet|cho biet|cho hay|"
    "ke lai|ke vay|gui trong nhom|dong tin",
    "verify": "co that khong|co thiet khong|co dung khong|phai khong|dung khong|that khong|thiet khong|"
    "co phai|co that|co thiet|"
    "that hay gia|that ha|thiet ha|tin duoc khong|xac nhan|kiem chung|phai vay khong|co vay khong|"
    "that vay khong|thiet vay|dung vay|"
    "co ai biet|that hu|thiet hu",
    "share": "chia se gap|chia se|share|chuyen tiep|gui cho|gui lien|bao cho|khan|khan cap|"
    "cho moi nguoi biet|cung biet|"
    "lan toa|ba con biet|moi nguoi biet|gap gap|gap",
    "warn": "canh bao|canh giac|coi chung|xem chung|can than|de phong|luu y|chu y|khuyen cao|dung tin|"
    "tinh tao|thu doan|chieu tro|lua dao|"
    "lua|gia danh|mao danh|gia mao|bay",
    "notice": "thong bao|ke tu|tu ngay|bat dau|ap dung|thoi gian|dia diem|tai tru so|han chot|truoc ngay|"
    "den het|het ngay|lich|"
    "dang ky|nop ho so|mang theo|theo quyet dinh|theo quy dinh|theo nghi dinh|theo luat|theo thong tu|"
    "duoc huong|muc huong|tam ngung|"
    "tam dung|tam dong|chuyen sang|van hoat dong|dieu kien|khong thu|doi tuong|du kien|huong dan|phat hanh|"
    "hieu luc|cap nhat|"
    "tiep nhan|to chuc|mien phi|ho tro|duoc cap|thuc hien|sang ngay|chieu ngay|moi ngay|hang thang|tiep tuc|"
    "lui lich|doi lich",
    "deny": "khong dung su that|khong chinh xac|sai su that|tin gia|bac bo|bac tin|dinh chinh|"
    "khong co chuyen|khong co chuong trinh|"
    "khang dinh|la sai|bia dat|that thiet|chua co bang chung|khong co co so|khong phai|khong dung|"
    "chua ghi nhan|khong he|"
    "tin that|hieu nham|hieu lam|khong bat buoc|khong yeu cau",
    "agency": "cong an|uy ban|so y te|bo y te|so giao duc|so lao dong|so noi vu|bo noi vu|bao hiem xa hoi|"
    "benh vien|trung tam|tram y te|"
    "ngan hang|toa an|vien kiem sat|co quan thue|chi cuc|cuc|so|bo|dien luc|cong ty dien|nha nuoc|chinh phu|"
    "truong|dai khi tuong|"
    "ban chi huy|hoi nguoi|hoi phu nu|hoi chu thap do|xa|phuong|ap|khom|tinh|buu dien|buu cuc|hai quan|"
    "canh sat giao thong",
    "pay": "chuyen khoan|dong phi|nop phi|dat coc|coc truoc|dong truoc|nop truoc|ung truoc|phi ho so|"
    "giu cho|giu suat|le phi|nap tien|"
    "nap truoc|tien coc|tien phat|dong them|nop them|dong tien|nop tien|chuyen tien|chuyen truoc|dong|nop|"
    "nap|coc|phi|tien the chan|giai ngan",
    "reach": "bam vao|bam link|link|xurlx|duong dan|quet ma|ma qr|otp|ung dung|app|dang nhap|gui hinh|"
    "gui anh|chup hinh|so tai khoan|"
    "can cuoc|zalo|inbox|telegram|lien he|goi so|xphonex|goi|nhan tin|ket ban|nhom|cai dat|tai ve|"
    "ma xac nhan|xemailx|alo|de lai so",
    "threat": "bi khoa|bi phat|bi cat|se bi|mat phan|khong lam thi|neu khong|het han|tre la|mat quyen|"
    "bi bat|bi thu hoi|cuong che|"
    "lenh bat|trieu tap|bi tam|khoa sim|khoa tai khoan|bi huy|bi xoa|bi truy|mat trang|khoi|dinh chi|"
    "thu hoi|phat nguoi|xu phat",
    "lure": "luong cao|viec nhe|khong can bang cap|khong can|bao an o|bao an|bao dau|bao luong|cam ket|"
    "hoan tien|dam bao|hoa hong|nhan ngay|nhan lien|"
    "trung thuong|qua tang|lai suat|khong the chap|khong can kinh nghiem|thu nhap|bao|suat|co hoi|uu dai|"
    "nhan thuong|lanh lien|"
    "trong ngay|tai nha|khong lai|bao xe|bao ve|lo het|lo tu a den z|so luong co han|con may suat|tang them",
    "cure": "khoi benh|het benh|tri dut|dut diem|chua khoi|gia truyen|bai thuoc|thuoc nam|thuoc bac|"
    "lieu trinh|khoi u|tan soi|khong can mo|"
    "khong can thuoc|thay lang|chuc nang|vien uong|tu teo|het han|het dau|het sach|khoi han|giai doc|"
    "tay soi|phep|than duoc|chua duoc|tri duoc|"
    "het|khoi|uong|dap|boi|thoa|xong|la cay|nau|ngam",
    "danger": "bat coc|tu vong|ngo doc|chet nguoi|nhiem|gay ung thu|vo de|vo dap|sap cau|lu ve|ap thap|"
    "xa lu|trieu cuong|sat lo|han man|do man|"
    "vo sinh|tac dung phu|co giat|mat tich|cap cuu|hoai tu|suy than|dot quy|nuoc dang|gio giat|bao so|bao|"
    "con lu|dich|benh la|chet|nguy hiem|"
    "lua ban|ban nguoi|noi tang|thuoc me|ma tuy|ca mac|o dich",
    "feeling": "thuong qua|thay thuong|thay nan|nan qua|chan qua|chan|buc|tuc|met qua|met|mung qua|vui qua|"
    "vui|nho qua|nho|buon|cam on|biet on|"
    "thay toi|dau long|xot|nuoc mat|tu hao|uoc gi|uoc|mong|mong sao|cau mong|phai chi|hy vong|so qua|lo qua|"
    "thuong|am long|am bung|cam dong|me qua|"
    "tham|nghi ma|nghi lai|muon khoc|cuoi|hanh phuc|yeu|ghet|khen|tam phuc|hai long|nhe nhom|kho tam|rau",
    "complain": "sao khong|trach nhiem|ai chiu|vo trach nhiem|hach dich|quan lieu|hanh dan|kieu gi|kieu do|"
    "kieu nay|lo la|tham nhung|bat cong|"
    "dan kho|kho dan|chi lo|noi hoai|hua|nhieu khe|cham tre|buong long|to cao|khieu nai|lam ro|"
    "de nghi thanh tra|de nghi quoc hoi|theo toi|"
    "cho rang|thiet nghi|chinh sach|le ra|dang le|vo cam|lam an|dan ngheo|chi kho|khong ai|chang ai|ai lo|"
    "het biet|mac gi|lam gi|gi ma|sao ma|"
    "toi hieu|ngoi choi|hanh|di toi di lui|cho hoai|cho mon|bat cap|bat hop ly|coi thuong|thieu|yeu kem|"
    "xem lai|nen|can phai|phai|"
    "do ai|loi tai|khong cong bang|hop hoi|qua dang|vo ly|lang phi|hinh thuc|noi cho co|chi gioi|bung bit|"
    "thien vi|boc lot|kien nghi|yeu cau",
    "meeting": "hoi nghi|dai bieu|so ket|tong ket|bieu duong|thi dua|nghi quyet|chi tieu|phong trao|"
    "phat dong|dong chi|bi thu|chu tich|ra mat|"
    "chi dao|tham luan|phien hop|ky hop|giao luu|van nghe|thanh tich|quan triet|trien khai|xuat sac|"
    "khen thuong|ban giao|khanh thanh|ky niem|"
    "phat bieu|bao cao|du thao|thao luan|chuyen gia|de xuat|hoi thao|tap huan|dat giai|chuc mung|le trao|"
    "trao tang|trao qua",
    "prayer": "cau nguyen|lay chua|lay phat|lay troi|thien chua|a di da phat|nam mo|nha tho|chua|amen|"
    "phu ho|linh thieng|ban phuoc|cau an|"
    "cau sieu|thap nhang|cung|gieo qua|nghiep|duc tin|me maria|co bac tren|phat|thay chua|tung kinh|giao xu|"
    "thanh le|on tren",
    "memory": "hoi do|hoi nho|ngay xua|hoi nam|nam xua|thuo|ky uc|hoi truoc|hoi con|ngay truoc|ngay ay|"
    "may nam truoc|nam do|doi ong|ngoai|noi|tu nho|"
    "hoi xua|lau roi|tuoi tho|gio nghi lai",
    "shop": "ban|gia|quan|tiem|ship|don hang|khach|menu|ghe quan|freeship|size|cua hang|phuc vu|thue|tho|"
    "giam gia|mua|dat hang|si le|ky|"
    "trai cay|banh|ca phe|tra sua|quan ao|do an|ngon|re|hang moi ve|inbox gia|sale|vuon|cho thue|can nguoi|"
    "phu ban",
    "elsewhere": "doi tuyen|tran dau|ban thang|ca si|phim|nghe si|am nhac|mv|vo dich|huan luyen vien|"
    "cau thu|chung khoan|gia vang|xang dau|lua|"
    "thuong lai|xuat khau gao|khoi to|bi cao|tuyen phat|nam tu|truy to|bat giam|tong thong|nuoc ngoai|"
    "nghien cuu|khoa hoc|nha khoa hoc|le hoi|"
    "du lich|du khach|hoa hau|bong da|game|cong nghe|dien thoai moi|xe moi|bat dong san|quy hoach|cao toc|"
    "du an|khoi cong",
    "question": "xin hoi|cho hoi|cho em hoi|hoi tham|o dau|the nao|lam sao|ai biet|bao nhieu|nhu nao|"
    "may gio|chi giup|tu van|goi y|o cho nao|khi nao",
    "advice": "nho giu gin|hay|giu gin suc khoe|uong du nuoc|rua tay|doi non bao hiem|giu am|nho mac|"
    "an nhieu|nghi ngoi|tap the duc|dung quen|"
    "nho mang|binh an|suc khoe|chuc|than thien|y thuc|chung tay|quan tam|yeu thuong",
    "self": "toi|em|minh|con toi|nha toi|ma toi|ba toi|chong|vo|con em|nha em|tao|to|con gai|con trai|"
    "ba ngoai|ong noi|ba noi|ma|ba ma",
    "story": "hom qua|bua|bua hom|sang nay|chieu qua|hoi chieu|hom bua|toi qua|hoi sang|tuan roi|thang roi|"
    "nam ngoai|hoi tet|bua truoc|hom kia|vua roi",
    "irony": "chac|cha biet|dung la|qua troi|the la|ha ha|haha|hihi|gioi ghe|hay ghe|ai doi|cuoi xiu|"
    "nghe ma|thanh ra|the thi|uh thi|u thi|ua|do da",
    "claimfact": "neu|thi|moi nguoi|moi ho|moi thang|moi con|tat ca|bat buoc|phai|deu|chi can|la duoc|"
    "se duoc|duoc nhan|duoc cap|duoc linh|duoc lanh|"
    "se|khong duoc|bi cam|cam|duoc giam|giam|tang len|thay|doi",
}
"""Cue name -> alternatives of one to five words."""

NAMES: tuple[str, ...] = tuple(CUES)


Lookup = tuple[dict[str, tuple[int, ...]], int]
"""Phrase -> the positions of its cues, and the words of the longest phrase."""


def table(lists: dict[str, str]) -> Lookup:
    """The look-up of named lists of phrases, such as `CUES`."""
    found: dict[str, list[int]] = {}
    for position, alternatives in enumerate(lists.values()):
        for phrase in alternatives.split("|"):
            found.setdefault(phrase, []).append(position)
    return {phrase: tuple(at) for phrase, at in found.items()}, max(len(p.split()) for p in found)


@cache
def _lookup() -> Lookup:
    return table(CUES)


def counts(words: list[str]) -> list[int]:
    """How often each cue occurs in a list of words, in the order of `NAMES`.

    Long phrases win over short ones.
    """
    return counts_in(words, *_lookup(), len(NAMES))


def counts_in(words: list[str], known: dict[str, tuple[int, ...]], longest: int, size: int) -> list[int]:
    """The same for the phrases of any `table` of ``size`` lists."""
    found = [0] * size
    at = 0
    while at < len(words):
        positions, step = _longest_cue(words, at, known, longest)
        for position in positions:
            found[position] += 1
        at += step
    return found


def _longest_cue(
    words: list[str], at: int, known: dict[str, tuple[int, ...]], longest: int
) -> tuple[tuple[int, ...], int]:
    """The cues of the longest phrase that begins at a word, and how many words it takes."""
    for size in range(min(longest, len(words) - at), 0, -1):
        positions = known.get(" ".join(words[at : at + size]))
        if positions:
            return positions, size
    return (), 1
